// Precompiled for every test program.
#ifndef SONDE_TESTS_PCH_DOCTEST_H
#define SONDE_TESTS_PCH_DOCTEST_H
#include <doctest/doctest.h>

#include "../../pch/json.h"

#endif  // SONDE_TESTS_PCH_DOCTEST_H
