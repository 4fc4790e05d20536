#include <doctest/doctest.h>

#include "tests/unit/jsonpath/run.h"

namespace typing_test {

using namespace sonde::test;

namespace {

constexpr auto kWell = "";

struct Typing {
    const char* query;
    const char* refusal;
};

void check_all(const std::vector<Typing>& table) {
    for (const auto& row : table) {
        CAPTURE(row.query);
        const auto got = selected(row.query, "[]");
        CHECK((got == "[]" ? std::string{} : got) == row.refusal);
    }
}

}  // namespace

TEST_CASE("well-typedness as the RFC's table has it") {
    check_all({
        {"$[?length(@) < 3]", kWell},
        {"$[?length(@.*) < 3]", "11: length() takes a value, and this query may yield more than one"},
        {"$[?count(@.*) == 1]", kWell},
        {"$[?count(1) == 1]", "10: count() takes a query"},
        {"$[?count(foo(@.*)) == 1]", "10: there is no function foo()"},
        {"$[?match(@.timezone, 'Europe/.*')]", kWell},
        {"$[?match(@.timezone, 'Europe/.*') == true]", "4: match() is true or false by itself and cannot be compared"},
        {"$[?value(@..color) == 'red']", kWell},
        {"$[?value(@..color)]", "4: value() yields a value, which must be compared"},
    });
}

TEST_CASE("comparisons take literals, singular queries and functions that yield values, on either side") {
    check_all({
        {"$[?@.a['b'][0] == $[-1].c]", kWell},
        {"$[?1 == 1]", kWell},
        {"$[?length(@) == count(@.*)]", kWell},
        {"$[?@.* == 1]", "4: a comparison needs a query that yields one value at most"},
        {"$[?1 == @.*]", "9: a comparison needs a query that yields one value at most"},
        {"$[?@..a == 1]", "4: a comparison needs a query that yields one value at most"},
        {"$[?@[0,1] == 1]", "4: a comparison needs a query that yields one value at most"},
        {"$[?@['a','a'] == 1]", "4: a comparison needs a query that yields one value at most"},
        {"$[?@[0:1] == 1]", "4: a comparison needs a query that yields one value at most"},
        {"$[?@[?@.a] == 1]", "4: a comparison needs a query that yields one value at most"},
        {"$[?$.* < $.a]", "4: a comparison needs a query that yields one value at most"},
        {"$[?1 == search(@, 'a')]", "9: search() is true or false by itself and cannot be compared"},
        {"$[?!@.a == 1]", "5: a comparison is negated in parentheses"},
        {"$[?!!@.a]", "5: a query, a literal or a function is missing"},
        {"$[?(@.a) == 1]", "10: a ] is missing after the selectors"},
    });
}

TEST_CASE("tests take any query, and functions that are true or false") {
    check_all({
        {"$[?@.*]", kWell},
        {"$[?$..a]", kWell},
        {"$[?!search(@, 'a')]", kWell},
        {"$[?length(@)]", "4: length() yields a value, which must be compared"},
        {"$[?!count(@)]", "5: count() yields a value, which must be compared"},
        {"$[?(length(@))]", "5: length() yields a value, which must be compared"},
        {"$[?@.a && length(@)]", "11: length() yields a value, which must be compared"},
        {"$[?'a']", "7: a literal alone is no condition: a comparison is missing"},
        {"$[?true]", "8: a literal alone is no condition: a comparison is missing"},
        {"$[?null && @.a]", "8: a literal alone is no condition: a comparison is missing"},
        {"$[?(1)]", "6: a literal alone is no condition: a comparison is missing"},
    });
}

TEST_CASE("functions take as many arguments as they have, of their types") {
    check_all({
        {"$[?length() == 1]", "4: length() takes one argument"},
        {"$[?length(@, @) == 1]", "4: length() takes one argument"},
        {"$[?count() == 1]", "4: count() takes one argument"},
        {"$[?count(@.a, @.b) == 1]", "4: count() takes one argument"},
        {"$[?value() == 1]", "4: value() takes one argument"},
        {"$[?match(@)]", "4: match() takes two arguments"},
        {"$[?match(@, 'a', 'b')]", "4: match() takes two arguments"},
        {"$[?search('a')]", "4: search() takes two arguments"},
        {"$[?match(@.*, 'a')]", "10: match() takes a value, and this query may yield more than one"},
        {"$[?search(@, $..a)]", "14: search() takes a value, and this query may yield more than one"},
        {"$[?length(match(@, 'a')) == 1]", "11: length() takes a value, and match() is true or false"},
        {"$[?count(length(@)) == 1]", "10: count() takes a query"},
        {"$[?value('a') == 1]", "10: value() takes a query"},
        {"$[?count(true) == 1]", "10: count() takes a query"},
        {"$[?length(@.a == 1) == 1]", "11: length() does not take a condition"},
        {"$[?length(@.a && @.b) == 1]", "11: length() does not take a condition"},
        {"$[?length(!@.a) == 1]", "11: length() does not take a condition"},
        {"$[?length((@.a)) == 1]", "11: length() does not take a condition"},
        {"$[?count((@.*)) == 1]", "10: count() does not take a condition"},
        {"$[?length(@.a,) == 1]", "15: a query, a literal or a function is missing"},
        {"$[?length(@.a == 1]", "11: length() does not take a condition"},
        {"$[?length(@.a", "14: a ) is missing after the arguments"},
        {"$[?Length(@) == 1]", "4: a query, a literal or a function is missing"},
        {"$[?_f(@) == 1]", "4: a query, a literal or a function is missing"},
        {"$[?length2(@) == 1]", "4: there is no function length2()"},
        {"$[?true(@)]", "4: there is no function true()"},
        {"$[?length(length(@)) == 1]", kWell},
        {"$[?match(value(@.*), value($.p))]", kWell},
        {"$[?length(null) == 1]", kWell},
        {"$[?match(1, true)]", kWell},
    });
}

}  // namespace typing_test
