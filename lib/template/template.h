// Mustache templates: logic-less, so that a template from anywhere can name values and repeat itself, and nothing else.
//
// Variables `{{name}}`, `{{name.inner}}`, `{{.}}`, sections `{{#name}}…{{/name}}`, inverted ones `{{^name}}…{{/name}}`, comments `{{! … }}`. What is not
// there is nothing; an empty text is false. Neither partials nor other delimiters, and no way around the escape of values (`{{{name}}}`, `{{&name}}`).
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/json/json.h"

namespace sonde::mustache {

inline constexpr std::size_t kMaxTemplateBytes = 16U << 10U;
inline constexpr std::size_t kMaxOutputBytes = 256U << 10U;
inline constexpr std::size_t kMaxWork = 8U << 20U;
inline constexpr int kMaxDepth = 8;  // of sections in sections

// What a template may be and make. By default what is right for one from outside; those that are compiled in, and whose values are bounded, may have more.
struct Bounds {
    std::size_t template_bytes = kMaxTemplateBytes;
    std::size_t output_bytes = kMaxOutputBytes;
    std::size_t work = kMaxWork;  // each round of a section may write the whole template once: what all of them could write together
};

using Escape = std::function<std::string(const std::string& value)>;

// What templates may name, with every text escaped. Made once for any number of templates; copies share it.
class Values {
public:
    explicit Values(const Json& object, const Escape& escape = {});

private:
    friend class Template;
    struct Tree;
    std::shared_ptr<const Tree> tree_;
};

// Where a template is broken. `column` counts bytes; both from 1.
struct Mistake {
    int line = 1;
    int column = 1;
    std::string message;  // with its place
};

class Template {
public:
    static Result<Template, Mistake> parse(std::string_view text, const Bounds& bounds = {});

    // An error if the text, or the work for it, grows out of bounds.
    [[nodiscard]] Result<std::string> render(const Values& values) const;

    // Of all variables and sections, as they are written.
    [[nodiscard]] const std::set<std::string>& names() const { return names_; }

private:
    std::string text_;
    std::set<std::string> names_;
    Bounds bounds_;
};

}  // namespace sonde::mustache
