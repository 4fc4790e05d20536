#include "lib/template/template.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(template) {
    static const mustache::Values values(
        {{"a", "x"}, {"b", Json::array({"1", "2", {{"a", "inner"}}})}, {"c", {{"d", 4}, {"a", ""}}}, {"t", true}, {"n", nullptr}},
        [](const std::string& text) { return "<" + text + ">"; });
    const auto text = fuzz::text(data, size);
    const auto parsed = mustache::Template::parse(text);
    if (!parsed) {
        fuzz::require(parsed.error().line >= 1 && parsed.error().column >= 1, "a mistake has a place");
        return 0;
    }
    const auto once = parsed->render(values);
    if (!once) {
        fuzz::require(once.error().message.find("cannot be filled") != std::string::npos, "what was taken can be read");
        return 0;
    }
    fuzz::require(once->size() <= mustache::kMaxOutputBytes, "the text is bounded");
    const auto again = parsed->render(values);
    fuzz::require(again.ok() && *again == *once, "the same values make the same text");
    return 0;
}
