"use strict";
// An SMSC for tests, on node-smpp: independent of the codec that Pinfold speaks with.
//
// Prints a line of JSON with its port, then one per thing that happened: bind, submit, receipt (how a receipt was answered),
// enquire_link, unbind, close. Reads lines of JSON that change what it does:
//   {"status": 88, "times": 3}  answers so many submissions with this status, all of them without `times`
//   {"receipts": "text" | "tlv" | "both" | null, "state": "UNDELIV", "error": "011"}  sends a receipt of every submission,
//                              and again until it is taken
//   {"silent": true}            answers nothing any more
//   {"delay": 100}              takes so many milliseconds to answer a submission
//   {"garbage": "hex"}          sends these bytes to everyone who is bound
//   {"cut": true, "after": 5}   cuts every connection, at once or after so many submissions
//   {"say": {…}}                sends a deliver_sm with these fields
// Ends when its input ends.

const fs = require("node:fs");
const readline = require("node:readline");
const smpp = require("smpp");

const options = JSON.parse(process.argv[2]);
const orders = { receipts: null, times: Infinity };
const sessions = new Set();
// Receipts that nobody has taken yet, by the id of the message.
const receipts = new Map();
let nextId = 1;

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

// The message as it came, before node-smpp makes a text of it: `message` of a decoded submission is text or a buffer.
function submitted(pdu, raw) {
  const message = pdu.message_payload ?? pdu.short_message;
  const text = message.message ?? message;
  return {
    source: { ton: pdu.source_addr_ton, npi: pdu.source_addr_npi, address: pdu.source_addr },
    destination: { ton: pdu.dest_addr_ton, npi: pdu.dest_addr_npi, address: pdu.destination_addr },
    data_coding: pdu.data_coding,
    esm_class: pdu.esm_class,
    registered_delivery: pdu.registered_delivery,
    service_type: pdu.service_type,
    validity_period: pdu.validity_period || "",
    is_payload: pdu.message_payload !== undefined,
    text: Buffer.isBuffer(text) ? text.toString("latin1") : text,
    udh: message.udh ? message.udh.map((element) => [...element]) : null,
    ...raw,
  };
}

function sendReceipt(session, pdu, id) {
  const state = orders.state ?? "DELIVRD";
  const error = orders.error ?? "000";
  const receipt = {
    esm_class: 4,
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    short_message: "",
  };
  if (orders.receipts !== "tlv") {
    receipt.short_message =
      `id:${id} sub:001 dlvrd:001 submit date:2611211200 done date:2611211201 stat:${state} err:${error} text:Your PIN`;
  }
  if (orders.receipts !== "text") {
    receipt.receipted_message_id = id;
    receipt.message_state = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, UNDELIV: 5, REJECTD: 8 }[state];
  }
  receipts.set(id, receipt);
  deliver(session, id);
}

// Until it is taken: over this session, or over the next one.
function deliver(session, id) {
  const receipt = receipts.get(id);
  if (!receipt) return;
  session.deliver_sm({ ...receipt }, (answer) => {
    say({ receipt: { id, status: answer.command_status } });
    if (answer.command_status === 0) receipts.delete(id);
    else setTimeout(() => sessions.has(session) && deliver(session, id), 20);
  });
}

function submit(session, pdu) {
  if (orders.cut && orders.after-- <= 0) {
    orders.cut = false;
    session.destroy();
    return;
  }
  const id = (nextId++).toString();
  const status = orders.times-- > 0 ? orders.status ?? 0 : 0;
  say({ submit: submitted(pdu, { id, status }) });
  if (orders.silent) return;
  const answer = () => {
    session.send(pdu.response(status ? { command_status: status } : { message_id: id }));
    if (!status && orders.receipts && pdu.registered_delivery) sendReceipt(session, pdu, id);
  };
  if (orders.delay) setTimeout(answer, orders.delay);
  else answer();
}

function serve(session) {
  sessions.add(session);
  session.on("close", () => {
    sessions.delete(session);
    say({ close: true });
  });
  session.on("error", () => session.destroy());
  session.on("bind_transceiver", (pdu) => {
    let status = 0;
    if (pdu.system_id !== options.system_id) status = smpp.ESME_RINVSYSID;
    else if (pdu.password !== options.password) status = smpp.ESME_RINVPASWD;
    say({
      bind: { system_id: pdu.system_id, system_type: pdu.system_type, version: pdu.interface_version, status },
    });
    if (orders.silent) return;
    session.send(pdu.response(status ? { command_status: status } : { system_id: "peer" }));
    if (!status) for (const id of receipts.keys()) deliver(session, id);
  });
  session.on("submit_sm", (pdu) => submit(session, pdu));
  session.on("enquire_link", (pdu) => {
    say({ enquire_link: true });
    if (!orders.silent) session.send(pdu.response());
  });
  session.on("unbind", (pdu) => {
    say({ unbind: true });
    if (!orders.silent) session.send(pdu.response(), () => session.close());
  });
}

const tls = options.certificate
  ? { cert: fs.readFileSync(options.certificate), key: fs.readFileSync(options.key) }
  : {};
const server = smpp.createServer(tls, serve);
server.on("tlsClientError", () => {});
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));

const input = readline.createInterface({ input: process.stdin });
input.on("line", (line) => {
  const order = JSON.parse(line);
  if (order.garbage) for (const session of sessions) session.socket.write(Buffer.from(order.garbage, "hex"));
  if (order.say) {
    for (const session of sessions) {
      session.deliver_sm(order.say, (answer) => say({ receipt: { id: null, status: answer.command_status } }));
    }
  }
  if (order.cut && order.after === undefined) {
    for (const session of sessions) session.destroy();
    order.cut = false;
  }
  if ("status" in order && order.times === undefined) order.times = Infinity;
  delete order.garbage;
  delete order.say;
  Object.assign(orders, order);
  say({ ordered: true });
});
input.on("close", () => process.exit(0));
