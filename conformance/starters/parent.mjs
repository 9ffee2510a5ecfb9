#!/usr/bin/env node
// A parent in one file to start from: `call` is what an application does, `take` gives it what comes of it. The application is
// the control channel of TESTEE.md.
//
// capabilities: event error failure end
import { Socket } from 'node:net';
import { Control } from './control.mjs';

const isAsync = process.env.FORKPOOL_MODE === 'async';
const isLittle = process.env.FORKPOOL_PROFILE === 'native' && new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const receivedMax = 256 << 20;
const connection = new Socket({ fd: Number(process.env.FORKPOOL_FD), allowHalfOpen: true });
const outstanding = new Map(); // id: tag, in the order of the calls
let received = Buffer.alloc(0), lastId = 0;
const application = new Control(call, () => connection.end());

function u32(number) {
	const octets = Buffer.from([number >>> 24, number >>> 16, number >>> 8, number]);
	return isLittle ? octets.swap32() : octets;
}

// 7 bits an octet, the highest first; all but the last have bit 7 set.
function packLength(length, more = 0) {
	return [...(length > 0x7f ? packLength(length >>> 7, 0x80) : []), (length & 0x7f) | more];
}

function* unpack(payload) {
	for (let at = 0; at < payload.length; ) {
		let length = 0, octet;
		do {
			octet = payload[at++];
			length = length * 128 + (octet & 0x7f);
			if (!(length <= payload.length)) throw new Error('payload a length is cut off or too large');
		} while (octet & 0x80);
		if (length > payload.length - at) throw new Error('payload an item goes on beyond its end');
		yield payload.subarray(at, (at += length));
	}
}

function call(tag, items) {
	const payload = Buffer.concat(items.flatMap((item) => [Buffer.from(packLength(item.length)), item]));
	outstanding.set(++lastId, tag);
	connection.write(Buffer.concat([isAsync ? u32(lastId) : Buffer.alloc(0), u32(payload.length), payload]));
}

// An event, or with an id a reply.
function take(id, items) {
	if (id === 0) return application.tell('event', '', items);
	const answered = isAsync ? id : outstanding.keys().next().value;
	if (!outstanding.has(answered)) throw new Error('reply a reply matches no call');
	application.tell('result', outstanding.get(answered), items);
	return outstanding.delete(answered);
}

function read(octets) {
	application.moves++;
	received = Buffer.concat([received, octets]);
	const get = (at) => (isLittle ? received.readUInt32LE(at) : received.readUInt32BE(at));
	for (let end; received.length >= 8 && received.length >= (end = 8 + get(4)); received = received.subarray(end))
		take(get(0), [...unpack(received.subarray(8, end))]);
	if (received.length > receivedMax) throw new Error('length a frame is too long');
}

function end(error) {
	application.end(outstanding.values(), error);
	connection.destroy();
}

connection.on('data', (octets) => {
	try {
		if (!application.isOver) read(octets);
	} catch (e) {
		end(e.message);
	}
});
connection.on('end', () => end(outstanding.size || received.length || !application.isDropped ? 'eof' : ''));
connection.on('error', (e) => end(e.code === 'ECONNRESET' ? 'eof' : 'write')); // reset: a child ended with requests unread
