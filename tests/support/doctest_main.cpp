#define DOCTEST_CONFIG_IMPLEMENT  // which the other would define by itself, but not in a header that is precompiled
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
