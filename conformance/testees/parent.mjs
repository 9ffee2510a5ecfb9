#!/usr/bin/env -S node --harmony-json-parse-with-source
// A parent in Node, sync or async, that a control channel tells what to do. For one of your own, take calls.mjs.
//
// capabilities: call event error failure end lastid limit json
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Calls } from './calls.mjs';
import { freeze, octets, thaw } from './lists.mjs';

const fd = Number(process.env.FORKPOOL_FD || 0), isJson = process.env.FORKPOOL_SERIALISER === 'json';
const input = new Socket({ fd, readable: true, writable: fd !== 0, allowHalfOpen: true });
const output = fd ? input : new Socket({ fd: 1, readable: false, writable: true });
const control = fd ? null : new Socket({ fd: Number(process.env.FORKPOOL_CONTROL) });
const commands = control ?? process.stdin, told = control ?? process.stdout;
let moves = 0; // of the loop: anything read

const toHex = (item) => (isJson ? freeze([item]).subarray(1, -1) : octets(item)).toString('hex') || '-';
const fromHex = (word) => {
	const item = Buffer.from(word.replace('-', ''), 'hex');
	return isJson ? thaw(Buffer.concat([Buffer.from('['), item, Buffer.from(']')]))[0] : item;
};

function tell(word, tag = '', what = []) {
	const words = typeof what === 'string' ? [what] : what.map(toHex);
	told.write(`${[word, tag, ...words].filter(Boolean).join(' ')}\n`);
	if (word === 'end') close();
}

const calls = new Calls((request) => output.write(request), tell);

// Once, at the end: both ways.
function close() {
	output.destroy();
	input.destroy();
}

function drop() {
	if (!calls.isDropped && !calls.isOver) output.end();
	calls.isDropped = true;
}

// Two turns of the loop in which nothing was read: all is at rest.
function pong(number, before = -1, turns = 0) {
	if (turns === 2) return tell('pong', number);
	return setImmediate(pong, number, moves, moves === before ? turns + 1 : 0);
}

const obey = {
	call: (tag, ...words) => calls.call(tag, words.map(fromHex)),
	drop,
	lastid: (number) => { calls.lastId = Number(number); },
	ping: (number) => pong(number),
};

createInterface({ input: commands, crlfDelay: Infinity }).on('line', (line) => {
	const [command, ...words] = line.split(' ');
	moves++;
	obey[command](...words);
}).on('close', drop);
input.on('data', (read) => {
	moves++;
	calls.take(read);
});
input.on('end', () => calls.isOver || calls.endOfFile());
for (const socket of new Set([input, output])) {
	// A child that ends with requests unread resets the connection.
	socket.on('error', (e) => calls.isOver || (e.code === 'ECONNRESET' ? calls.endOfFile() : calls.fail('write', e.message)));
}
