// A worker's day with xero-node, the vendor's SDK for Node, against a sandbox whose address is the first argument.
//
// Its addresses are fixed, so every request is turned to the sandbox on its way out. Prints one JSON object of what
// was seen; the test beside it says what that has to be.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url); // the very axios that xero-node uses, not its twin for modules
const axios = require('axios');
const { XeroClient } = require('xero-node');

const [sandbox, clientId, clientSecret, tenantId] = process.argv.slice(2);
const seen = {};

axios.interceptors.request.use((request) => {
  const url = request.url.replace(/^https:\/\/(api|identity|login)\.xero\.com/, sandbox);
  return { ...request, url };
});

const xero = new XeroClient({ clientId, clientSecret, grantType: 'client_credentials' });
const tokens = await xero.getClientCredentialsToken();
seen.token = { type: tokens.token_type, lives: tokens.expires_in, refresh: 'refresh_token' in tokens };
await xero.updateTenants(false);
seen.tenants = xero.tenants.map((tenant) => tenant.tenantId);

const api = xero.accountingApi;
const refusal = async (call) => {
  try {
    await call();
    return 'nothing was refused';
  } catch (error) {
    return JSON.parse(error); // xero-node rejects with a JSON string
  }
};
const line = { description: 'Support', quantity: 1, unitAmount: 100, accountCode: '203' };
const invoice = (contactID, more = {}) => ({
  type: 'ACCREC', contact: { contactID }, date: '2026-11-01', dueDate: '2026-11-30',
  lineAmountTypes: 'NoTax', status: 'AUTHORISED', lineItems: [line], ...more,
});

const made = await api.createContacts(tenantId, { contacts: [{ name: 'Ann Lee', contactNumber: 'C-1' }] });
const contactID = made.body.contacts[0].contactID;
seen.limits = Object.keys(made.response.headers).filter((name) => name.endsWith('limit-remaining')).sort();

const bad = invoice(contactID, { lineItems: [{ ...line, accountCode: '999' }] });
const both = { invoices: [invoice(contactID, { invoiceNumber: 'N-1' }), bad] };
const apart = await api.createInvoices(tenantId, both, false, 4);
seen.apart = apart.body.invoices.map((one) => [one.statusAttributeString, one.hasErrors]);
const together = await refusal(() => api.createInvoices(tenantId, both, true, 4));
seen.together = {
  status: together.response.statusCode,
  type: together.body.Type,
  said: together.body.Elements.flatMap((one) => one.ValidationErrors.map((error) => error.Message)),
};
const first = apart.body.invoices[0];
seen.first = { number: first.invoiceNumber, total: first.total, status: first.status };

const key = 'one-intent';
const keyed = () => api.createInvoices(tenantId, { invoices: [invoice(contactID)] }, false, 4, key);
const [once, again] = [await keyed(), await keyed()];
const second = once.body.invoices[0];
seen.keyed = second.invoiceID === again.body.invoices[0].invoiceID;

const payment = {
  invoice: { invoiceID: first.invoiceID }, account: { code: '090' }, amount: 40, date: '2026-11-05', reference: 'EFT',
};
const paid = (await api.createPayments(tenantId, { payments: [payment] })).body.payments[0];
seen.paid = [paid.paymentType, paid.invoice.amountDue, paid.status];
const listed = await api.getPayments(tenantId, new Date('2020-01-01T00:00:00Z'), undefined, 'UpdatedDateUTC ASC', 1, 100);
seen.payments = [listed.body.payments.length, listed.body.pagination.itemCount];
const over = await refusal(() => api.createPayment(tenantId, { ...payment, amount: 1000 }));
seen.over = over.body.Elements[0].ValidationErrors[0].Message;
const gone = await api.deletePayment(tenantId, paid.paymentID, { status: 'DELETED' });
seen.gone = gone.body.payments[0].status;

const note = (await api.createCreditNotes(tenantId, {
  creditNotes: [{ type: 'ACCRECCREDIT', contact: { contactID }, lineItems: [line], lineAmountTypes: 'NoTax', status: 'AUTHORISED' }],
})).body.creditNotes[0];
await api.createCreditNoteAllocation(tenantId, note.creditNoteID, {
  allocations: [{ amount: 100, invoice: { invoiceID: second.invoiceID }, date: '2026-11-06' }],
});
const credited = (await api.getInvoice(tenantId, second.invoiceID)).body.invoices[0];
seen.credited = [credited.status, credited.amountPaid, credited.amountCredited, credited.creditNotes.length];

const attached = await api.createInvoiceAttachmentByFileName(
  tenantId, first.invoiceID, 'a note.txt', Buffer.from('hello'), true,
);
seen.attached = attached.body.attachments[0].fileName;
const found = await api.getInvoices(tenantId, undefined, 'Status=="AUTHORISED"', 'Date DESC', [first.invoiceID]);
seen.found = found.body.invoices.map((one) => one.invoiceNumber);
seen.organisation = (await api.getOrganisations(tenantId)).body.organisations[0].baseCurrency;

const missing = await refusal(() => api.getInvoice(tenantId, '11111111-2222-4333-8444-555555555555'));
seen.missing = missing.response.statusCode;

await axios.post(`${sandbox}/_sandbox/faults`, { match: { path: '/Contacts' }, do: '429_minute', retry_after: 7 });
const limited = await refusal(() => api.getContacts(tenantId));
seen.limited = {
  status: limited.response.statusCode,
  retryAfter: limited.response.headers['retry-after'],
  problem: limited.response.headers['x-rate-limit-problem'],
};
await axios.post(`${sandbox}/_sandbox/faults`, { match: { path: '/Contacts' }, do: 'expire_token' });
seen.expired = (await refusal(() => api.getContacts(tenantId))).response.statusCode;

console.log(JSON.stringify(seen));
