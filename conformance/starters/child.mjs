#!/usr/bin/env node
// A child in one file to start from: copy it, and put your own function in the place of `call`.
//
// capabilities: void rev event die
import { once } from 'node:events';
import { Socket } from 'node:net';

const fd = Number(process.env.FORKPOOL_FD || 0);
const headLength = process.env.FORKPOOL_MODE === 'async' ? 8 : 4;
const isLittle = process.env.FORKPOOL_PROFILE === 'native' && new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const payloadMax = 256 << 20;
const requests = new Socket({ fd, readable: true, writable: fd !== 0, allowHalfOpen: true });
const replies = fd ? requests : new Socket({ fd: 1, readable: false, writable: true });

// The function of this worker. What it returns is the answer; where it throws, the worker ends.
function call(verb, ...items) {
	if (verb === undefined) return ['noargs'];
	switch (verb.toString('latin1')) {
	case 'echo': return items;
	case 'rev': return items.reverse();
	case 'void': return [];
	case 'die': throw new Error(items[0]);
	case 'event': return send(0, items), ['evented'];
	default: return ['?', verb];
	}
}

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
			if (!(length <= payload.length)) throw new Error('the length of an item is cut off or too large');
		} while (octet & 0x80);
		if (length > payload.length - at) throw new Error('an item goes on beyond the end of its payload');
		yield payload.subarray(at, (at += length));
	}
}

function send(id, items) {
	const payload = Buffer.concat(items.map((item) => Buffer.from(item)).flatMap((item) => [Buffer.from(packLength(item.length)), item]));
	replies.write(Buffer.concat([u32(id), u32(payload.length), payload]));
}

// Serves the first request of those octets: what is behind it, or nothing where it is not complete.
function serve(octets) {
	const get = (at) => (isLittle ? octets.readUInt32LE(at) : octets.readUInt32BE(at));
	if (octets.length < headLength) return undefined;
	const end = headLength + get(headLength - 4);
	if (end > headLength + payloadMax) throw new Error(`a payload of ${end - headLength} octets is too long`);
	if (octets.length < end) return undefined;
	send(headLength === 8 ? get(0) : 1, call(...unpack(octets.subarray(headLength, end))));
	return octets.subarray(end);
}

try {
	let octets = Buffer.alloc(0);
	for await (const more of requests) {
		octets = Buffer.concat([octets, more]);
		for (let rest; (rest = serve(octets)); octets = rest) if (replies.writableNeedDrain) await once(replies, 'drain');
	}
	if (octets.length) throw new Error('end of file inside a request');
} catch (e) {
	process.exitCode = 1;
	process.stderr.write(`child.mjs: ${e.message}\n`);
}
replies.end();
