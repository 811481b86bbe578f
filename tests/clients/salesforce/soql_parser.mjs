// Reads one JSON array of SOQL statements, writes one JSON array: null where the public parser takes it, else its reason.
import { parseQuery } from '@jetstreamapp/soql-parser-js';

let text = '';
for await (const part of process.stdin) text += part;
const answers = JSON.parse(text).map((soql) => {
  try {
    parseQuery(soql);
    return null;
  } catch (error) {
    return String(error.message).split('\n')[0] || 'refused';
  }
});
process.stdout.write(JSON.stringify(answers));
