// What the suite asks of a child: the verbs of TESTEE.md. Must not know octets, nor the order of answers.
//
// A verb is given its request, with answer(items), once, now or later, and event(items); and an array of arguments: a list
// may be longer than what a call can spread.
import { octets } from './lists.mjs';
import { isAsync } from './wire.mjs';

const retirement = [':t6Z@HK1N%Dx@_7?=~-7NQgWDdAs6a,jFN=wLO0*jD*1%P', 'quit',
	'<~53rexz.U`!]X[A235^"fyEoiTF\\T~oH1l/N6+Djep9b~bI9`\\1x%B~vWO1q*'];
const held = new Map();
const repeat = (item, n) => (Buffer.isBuffer(item) ? Buffer.alloc(n * item.length, item) : item.repeat(n));

const verbs = {
	echo: (r, a) => r.answer(a),
	void: (r) => r.answer([]),
	nargs: (r, a) => r.answer([a.length]),
	rev: (r, a) => r.answer(a.reverse()),
	size: (r, a) => r.answer(a.map((i) => octets(i).length)),
	fill: (r, [n, s]) => r.answer([repeat(s, Number(n))]),
	list: (r, [n, s]) => r.answer(Array(Number(n)).fill(s)),
	event: (r, a) => (r.event(a), r.answer(['evented'])),
	emptyevent: (r) => (r.event([]), r.answer([])),
	events: (r, [n, ...a]) => {
		for (let i = 1; i <= Number(n); i++) r.event([i, ...a]);
		r.answer(a);
	},
	die: (_, [why]) => { throw new Error(why); },
	exit: (r, [n]) => r.exit(Number(n)),
	retire: (r) => (r.event(retirement), r.answer(['retiring'])),
};
const asyncVerbs = {
	hold: (r, [key, ...a]) => held.set(String(key), () => r.answer(a)),
	free: (r, keys) => {
		for (const key of keys) held.get(String(key))();
		r.answer(['freed', keys.length]);
	},
	post: (r, a) => (r.answer(a), r.event(a)),
	twice: (r, a) => (r.answer(a), r.answer(a)),
	never: () => {},
};

// The function of this worker.
export function call(request, [name, ...args]) {
	const table = { __proto__: null, ...verbs, ...(isAsync ? asyncVerbs : {}) };
	if (name === undefined) return request.answer(['noargs']);
	return table[name] ? table[name](request, args) : request.answer(['?', name]);
}
