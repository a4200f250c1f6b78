import { describe, expect, it } from 'vitest';
import { roleOfPicture, roleOfWord } from '../../lib/events/roles';

describe('what a picture shows', () => {
  it.each([
    ['licensePlatePicture.jpg', 'licensePlate'],
    // A picture of a plate is named after the vehicle too.
    ['vehicleLicensePlate.jpg', 'licensePlate'],
    ['vehiclePicture', 'vehicle'],
    ['FACEPICTURE.JPG', 'face'],
    ['humanImage', 'person'],
    ['bodyImage', 'person'],
    ['thermalImage.jpg', 'thermal'],
    ['visibleLight', 'scene'],
    ['detectionPicture.jpg', 'scene'],
    ['faceBackground.jpg', 'face'],
    ['backgroundImage', 'scene'],
    ['sceneImage', 'scene'],
    ['Picture.jpg', null],
    ['', null],
    [null, null],
  ])('%j: %s', (name, role) => expect(roleOfWord(name)).toBe(role));

  const announced = {
    pictureInfo: [
      { name: 'one.jpg', id: '11', role: 'vehicle' },
      { name: 'two.jpg', id: '2024050112', role: 'licensePlate' },
      { name: 'three.jpg', id: '33', role: null },
      { name: null, id: null, role: 'scene' },
    ],
  };

  it('is what the message says that announces it, by name or by id', () => {
    expect(roleOfPicture({ name: 'one.jpg', formName: 'licensePlatePicture' }, announced)).toBe('vehicle');
    expect(roleOfPicture({ name: '2024050112.jpg', formName: null }, announced)).toBe('licensePlate');
    expect(roleOfPicture({ name: '2024050112', formName: null }, announced)).toBe('licensePlate');
    expect(roleOfPicture({ name: '11.12.jpg', formName: null }, announced)).toBeNull();
  });

  it('is what its field, then its file is called, where no message says it', () => {
    expect(roleOfPicture({ name: 'faceImage.jpg', formName: 'vehiclePicture' }, announced)).toBe('vehicle');
    expect(roleOfPicture({ name: 'faceImage.jpg', formName: 'Picture' }, announced)).toBe('face');
    expect(roleOfPicture({ name: 'three.jpg', formName: 'faceImage' }, announced)).toBe('face');
    expect(roleOfPicture({ name: 'one.jpg', formName: null }, { pictureInfo: 'one.jpg' })).toBeNull();
    // A picture without a name is not the one that was announced without a name.
    expect(roleOfPicture({ name: null, formName: null }, announced)).toBeNull();
    expect(roleOfPicture({ name: null, formName: 'thermal' }, {})).toBe('thermal');
  });
});
