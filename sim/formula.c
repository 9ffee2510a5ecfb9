/* Erlang, Pollaczek, Khinchine. See formula.h. */
#include "formula.h"

#include "numbers.h"

#include <math.h>

double sim_formula_utilisation(const struct sim_queue *q)
{
	return q->service_ns / q->every_ns / q->servers;
}

/* Erlang C by way of Erlang B, whose recursion has no large numbers. With one server it is the utilisation, whatever the
 * service times are. */
double sim_formula_delayed(const struct sim_queue *q)
{
	double offered = q->service_ns / q->every_ns, blocked = 1;
	for (unsigned k = 1; k <= q->servers; k++)
		blocked = offered * blocked / (k + offered * blocked);
	return blocked / (1 - sim_formula_utilisation(q) * (1 - blocked));
}

/* At what rate the line gets shorter while all servers are busy: a call that waits does so for an exponential time of it. */
static double drain_ns(const struct sim_queue *q)
{
	return q->service_ns / (q->servers * (1 - sim_formula_utilisation(q)));
}

double sim_formula_wait_ns(const struct sim_queue *q)
{
	double wait_ns = sim_formula_delayed(q) * drain_ns(q);
	return q->is_exponential ? wait_ns : wait_ns * (1 + q->variation) / 2;
}

double sim_formula_wait_p95_ns(const struct sim_queue *q)
{
	double delayed = sim_formula_delayed(q);
	return delayed > 0.05 ? drain_ns(q) * sim_log(delayed / 0.05) : 0;
}

double sim_formula_memory_calls(const struct sim_queue *q)
{
	double rho = sim_formula_utilisation(q), root = sqrt(rho);
	return rho / ((1 - root) * (1 - root)) * (1 + q->variation) / 2 + q->servers;
}
