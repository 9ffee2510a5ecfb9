/* The lifeline of this process: a pipe whose writing end it alone holds, so that all templates and workers can be told by the
 * kernel when it dies (fp_sys_arm_lifeline). One for all templates, held while any of them is there. Must not know
 * templates. */
#ifndef FP_IO_LIFELINE_H
#define FP_IO_LIFELINE_H

int fp_lifeline_get(void); /* one holder more; the reading end, owned here, or negative errno */
void fp_lifeline_put(void); /* one holder less */

#endif
