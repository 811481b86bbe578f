// What a program with jsforce does, step by step, against the org given by URL. Any surprise ends it.
import assert from 'node:assert/strict';
import jsforce from 'jsforce';

const [url, clientId, clientSecret] = process.argv.slice(2);
const conn = new jsforce.Connection({
  instanceUrl: url, loginUrl: url, version: '63.0', oauth2: { clientId, clientSecret, loginUrl: url },
});

const user = await conn.authorize({ grant_type: 'client_credentials' });
assert.match(user.id, /^005/);
const identity = await conn.identity();
assert.equal(identity.username, 'integration@sandbox.example');
const limits = await conn.limits();
assert.equal(limits.DailyApiRequests.Max, 100000);

// one row, then several
const contact = await conn.sobject('Contact').create({ FirstName: 'Ada', LastName: 'Alder' });
assert.equal(contact.success, true);
const invoices = await conn.sobject('Invoice__c').create(
  ['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((Name) => ({ Name, Participant__c: contact.id, Invoice_Date__c: '2026-03-01' })),
);
assert.ok(invoices.every((each) => each.success));
const lines = await conn.sobject('Invoice_Line_Item__c').create(
  [1, 2, 3, 4, 5].map((Quantity__c) => ({ Invoice__c: invoices[0].id, Quantity__c, Rate__c: 10.5 })),
);
assert.ok(lines.every((each) => each.success));

// retrieve, update, describe
const [first, second] = await conn.sobject('Invoice__c').retrieve(invoices.slice(0, 2).map((each) => each.id));
assert.deepEqual([first.Name, second.Name], ['A', 'B']);
await conn.sobject('Invoice__c').update({ Id: first.Id, Name: 'A1' });
const changed = await conn.sobject('Invoice__c').update([{ Id: first.Id, Name: 'A2' }, { Id: second.Id, Status__c: 'Odd' }]);
assert.deepEqual(changed.map((each) => each.success), [true, false]);
assert.equal(changed[1].errors[0].statusCode, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST');
const described = await conn.sobject('Invoice__c').describe();
assert.ok(described.fields.find((each) => each.name === 'Finance_External_ID__c').externalId);
assert.ok((await conn.describeGlobal()).sobjects.some((each) => each.name === 'Payment__c'));

// upserts, one (with a slash in its key) and many
const one = await conn.sobject('Payment__c').upsert(
  { Invoice__c: first.Id, Finance_External_ID__c: 'a/b', Payment_Amount__c: 4 }, 'Finance_External_ID__c',
);
assert.equal(one.created, true);
const many = await conn.sobject('Payment__c').upsert(
  [
    { Finance_External_ID__c: 'a/b', Payment_Amount__c: 5 },
    { Invoice__c: first.Id, Finance_External_ID__c: 'p2', Payment_Amount__c: 6 },
  ], 'Finance_External_ID__c',
);
assert.deepEqual(many.map((each) => each.created), [false, true]);

// queries over several pages, with children over several pages
const found = await conn.query(
  'SELECT Name, Participant__r.Name, Total_Payment_Amount__c, (SELECT Quantity__c, Line_Total__c FROM Invoice_Line_Items__r ORDER BY Quantity__c)'
  + ' FROM Invoice__c ORDER BY Name', { autoFetch: true, maxFetch: 1000 },
);
assert.equal(found.records.length, 7);
assert.equal(found.records[0].Participant__r.Name, 'Ada Alder');
assert.equal(found.records[0].Total_Payment_Amount__c, 11);
assert.deepEqual(found.records[0].Invoice_Line_Items__r.records.map((each) => each.Quantity__c), [1, 2, 3, 4, 5]);
const names = [];
await new Promise((resolve, reject) => {
  conn.query('SELECT Name FROM Invoice__c ORDER BY Name')
    .on('record', (record) => names.push(record.Name)).on('end', resolve).on('error', reject)
    .run({ autoFetch: true, maxFetch: 1000 });
});
assert.equal(names.length, 7);
const counted = await conn.query("SELECT Status__c, COUNT(Id) n FROM Invoice__c GROUP BY Status__c");
assert.deepEqual([counted.records[0].Status__c, counted.records[0].n], ['Entered', 7]);
const some = await conn.sobject('Invoice__c').find({ Name: { $in: ['B', 'C'] } }, ['Id', 'Name']).sort('-Name').limit(5);
assert.deepEqual(some.map((each) => each.Name), ['C', 'B']);
await assert.rejects(conn.query('SELECT Nope FROM Invoice__c'), (error) => error.errorCode === 'INVALID_FIELD');

// destroy and queryAll
assert.equal((await conn.sobject('Invoice__c').destroy(invoices[6].id)).success, true);
const gone = await conn.sobject('Invoice__c').destroy([invoices[5].id, invoices[6].id]);
assert.deepEqual(gone.map((each) => each.success), [true, false]);
const all = await conn.query('SELECT Id FROM Invoice__c WHERE IsDeleted = true', { scanAll: true, autoFetch: true });
assert.equal(all.records.length, 2);

// a composite request with a reference, and collections' limits
const composed = await conn.requestPost('/services/data/v63.0/composite', {
  allOrNone: true,
  compositeRequest: [
    { method: 'POST', url: '/services/data/v63.0/sobjects/Account', referenceId: 'acc', body: { Name: 'Plan' } },
    { method: 'PATCH', url: `/services/data/v63.0/sobjects/Contact/${contact.id}`, referenceId: 'con', body: { AccountId: '@{acc.id}' } },
  ],
});
assert.deepEqual(composed.compositeResponse.map((each) => each.httpStatusCode), [201, 204]);
await assert.rejects(
  conn.sobject('Account').create(Array.from({ length: 201 }, () => ({ Name: 'X' })), { allowRecursive: false }),
  (error) => /200/.test(error.message),
);
const more = await conn.sobject('Account').create(Array.from({ length: 201 }, (_, n) => ({ Name: `N${n}` })), { allowRecursive: true });
assert.equal(more.length, 201);

// Bulk 2.0 both ways
conn.bulk2.pollInterval = 50;
conn.bulk2.pollTimeout = 20000;
const loaded = await conn.bulk2.loadAndWaitForResults({
  object: 'Account', operation: 'insert', input: [{ Name: 'Bulk 1', Phone: '1' }, { Name: 'Bulk, 2', Phone: '2' }, { Name: '', Phone: '3' }],
});
assert.deepEqual(loaded.successfulResults.map((each) => each.Name), ['Bulk 1', 'Bulk, 2']);
assert.match(loaded.failedResults[0].sf__Error, /REQUIRED_FIELD_MISSING/);
const stream = await conn.bulk2.query("SELECT Name FROM Account WHERE Name LIKE 'Bulk%' ORDER BY Name");
assert.deepEqual((await stream.toArray()).map((each) => each.Name), ['Bulk 1', 'Bulk, 2']);

// a session that dies is renewed by the program's own hook, and the call repeated
assert.ok(conn.limitInfo.apiUsage.used > 10);
let renewals = 0;
const other = new jsforce.Connection({
  instanceUrl: url, accessToken: conn.accessToken, version: '63.0',
  refreshFn: (_, done) => {
    renewals += 1;
    conn.authorize({ grant_type: 'client_credentials' }).then(() => done(null, conn.accessToken), done);
  },
});
const fault = { match: { method: 'GET' }, do: 'expire_token', times: 1 };
assert.equal((await fetch(`${url}/_sandbox/faults`, { method: 'POST', body: JSON.stringify(fault) })).status, 200);
assert.equal((await other.query('SELECT Id FROM Account LIMIT 1')).records.length, 1);
assert.equal(renewals, 1);

console.log('jsforce is content');
