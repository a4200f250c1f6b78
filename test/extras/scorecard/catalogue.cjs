/** Loaded before node-red-dev: the catalogue of the flow library is on the internet, so the score card gets an empty one. */
const axios = require('axios');

const get = axios.get;
axios.get = (url, ...rest) =>
  url === 'https://catalogue.nodered.org/catalogue.json'
    ? Promise.resolve({ data: { modules: [] } })
    : get.call(axios, url, ...rest);
