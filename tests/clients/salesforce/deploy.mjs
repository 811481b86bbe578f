// Deploys the archive at PATH by jsforce's REST call to the org at URL, and prints how it went.
import { readFile } from 'node:fs/promises';
import jsforce from 'jsforce';

const [url, accessToken, path] = process.argv.slice(2);
const conn = new jsforce.Connection({ instanceUrl: url, accessToken, version: '63.0' });
const begun = await conn.metadata.deployRest(await readFile(path), { rollbackOnError: true, singlePackage: true });
const told = await conn.request(`/services/data/v63.0/metadata/deployRequest/${begun.id}?includeDetails=true`);
console.log(JSON.stringify(told.deployResult));
