// The grammar of lists: what they are sorted by, which members are wanted, what is searched for.
#include <doctest/doctest.h>

#include <array>

#include "controlplane/api/endpoint/fields.h"
#include "controlplane/api/endpoint/search_terms.h"
#include "controlplane/api/endpoint/sorting.h"

namespace list_test {

using namespace sonde;
using namespace sonde::controlplane;

namespace {

constexpr std::array<SortKey, 3> kKeys{{{"id", "t.id", SortKey::Type::whole}, {"name", "t.name", SortKey::Type::text}, {"made", "t.made", SortKey::Type::instant}}};

std::string order(std::string_view text) {
    const auto sorting = Sorting::parse(text, kKeys);
    return sorting ? (*sorting).order() : "refused: " + sorting.error().message;
}

std::string after(std::string_view text, std::vector<Cursor::Value> values) {
    Conditions conditions;
    (*Sorting::parse(text, kKeys)).add_after(conditions, Cursor("list", std::move(values)));
    return conditions.where();
}

}  // namespace

TEST_CASE("an order ends with the identifier, in the direction of what is before it") {
    CHECK(order("id") == "t.id");
    CHECK(order("-id") == "t.id desc");
    CHECK(order("name") == "t.name, t.id");
    CHECK(order("-made") == "t.made desc, t.id desc");
    CHECK(order("name,-made") == "t.name, t.made desc, t.id desc");
    CHECK(order("made,-id") == "t.made, t.id desc");
}

TEST_CASE("an order of what is no key, or of one twice, is refused with those there are") {
    const std::string keys = "refused: must be some of id, name, made, between commas, each with a hyphen before it for the largest first";
    for (const auto* wrong : {"", "colour", "name,", ",name", "--name", "Name", "name -made"}) CHECK(order(wrong) == keys);
    CHECK(order("name,-name") == "refused: has name twice");
    CHECK(order("id,name") == "refused: has something after id, of which no two are the same");
}

TEST_CASE("a list goes on after its cursor, by one comparison where an index can do it") {
    CHECK(after("id", {7}) == "where (t.id) > ($1::bigint)");
    CHECK(after("-name", {"b", 7}) == "where (t.name, t.id) < ($1::text, $2::bigint)");
    CHECK(after("name,-id", {"b", 7}) == "where t.name >= $1::text and (t.name > $2::text or t.name = $3::text and (t.id < $4::bigint))");
}

TEST_CASE("the name of a list tells its order, so that a cursor is good for that alone") {
    CHECK(Sorting(kKeys).list("things") == "things");
    CHECK((*Sorting::parse("id", kKeys)).list("things") == "things");
    CHECK((*Sorting::parse("name,-made", kKeys)).list("things") == "things:name,-made,-id");
}

TEST_CASE("a forged cursor is only another place to go on from") {
    Conditions conditions;
    (*Sorting::parse("made", kKeys)).add_after(conditions, Cursor("list", {INT64_MIN, "x"}));
    CHECK(*conditions.params()[0].text() == "-62167219200000000");
    CHECK(*conditions.params()[1].text() == "0");
}

TEST_CASE("of a document there is what was chosen, and its identifier") {
    constexpr std::array<std::string_view, 3> known{"id", "name", "state"};
    const Json document{{"id", "a"}, {"name", "b"}, {"state", "up"}};
    CHECK(Fields().of(document) == document);
    CHECK((*Fields::parse("state,name", known)).of(document) == document);
    CHECK((*Fields::parse("state", known)).of(document) == Json{{"id", "a"}, {"state", "up"}});
    CHECK(Fields::parse("name,colour", known).error().message == "has `colour`, and may have id, name, state, between commas");
    CHECK(Fields::parse("name,name", known).error().message == "has name twice");
    CHECK_FALSE(Fields::parse("", known).ok());
    CHECK_FALSE(Fields::parse("name,", known).ok());
}

TEST_CASE("words are searched as they stand, whatever they mean to the database") {
    CHECK((*SearchTerms::parse("  shop   50%_\\ ")).patterns() == std::vector<std::string>{"%shop%", "%50\\%\\_\\\\%"});
    CHECK(SearchTerms::parse("ab cd").error().message == "must have a word of 3 letters or more");
    CHECK(SearchTerms::parse("  ").error().message == "must have a word of 3 letters or more");
    CHECK(SearchTerms::parse("é è").error().message == "must have a word of 3 letters or more");
    CHECK(SearchTerms::parse("éèê").ok());
    CHECK(SearchTerms::parse("abc b c d e f g h i").error().message == "must be at most 8 words");
}

}  // namespace list_test
