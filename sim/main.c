#include "world.h"
#include <stdio.h>
#include <stdlib.h>
static void *resize(void *ctx, void *p, size_t o, size_t n){(void)ctx;(void)o; if(!n){free(p);return NULL;} return realloc(p,n);}
static void see(void *ctx, const struct sim_record *r){(void)ctx;char l[200];sim_trace_print(r,l);puts(l);}
int main(int argc,char**argv){
 struct fp_alloc m={resize,NULL};
 uint64_t a=strtoull(argv[1],0,10),b=strtoull(argv[2],0,10),ev=0,bad=0;
 for(uint64_t s=a;s<b;s++){struct sim_scenario sc;sim_scenario_random(&sc,s);
 struct sim_run r={.scenario=&sc,.seed=s,.see=argc>3?see:NULL};struct sim_verdict v;
 sim_world_run(&r,&m,&v);ev+=v.events;if(v.broken){printf("seed %llu: %s: %s\n",(unsigned long long)s,sim_promise_name(v.broken),v.why);bad++;}
 if(argc>3)printf("%llx\n",(unsigned long long)v.hash);}
 printf("%llu events, %llu bad\n",(unsigned long long)ev,(unsigned long long)bad);}
