// What each hot piece costs by itself. Its names are those of docs/performance.md; `--benchmark_filter` chooses, `--benchmark_format=json` is for programs.
#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
