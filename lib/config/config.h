// Configuration from YAML. One declaration per key gives parsing, default, validation, `--print-config` and the reference.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/duration.h"
#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace sonde::config {

// The place a key's value is kept: reads texts into a staged value, which becomes the present one by `swap`.
class Target {
public:
    virtual ~Target() = default;
    // One item for a scalar. Returns what a value must be, if this is none, else nothing.
    virtual std::string stage(const std::vector<std::string>& values, bool is_list) = 0;
    virtual void stage_default() = 0;
    [[nodiscard]] virtual bool differs() const = 0;       // the staged value from the present one
    virtual void swap() = 0;                              // the staged value with the present one
    [[nodiscard]] virtual std::string print() const = 0;  // the present value as YAML text; `"***"` for secrets
};

// One key: what it is called, what it must be, and where its value is kept. Built by the `key` functions below.
struct Key {
    std::string path;      // dotted: `nats.url`
    std::string type;      // for the reference: `duration`, `whole number`, `text`, `list of texts`, …
    std::string fallback;  // the default as YAML text; empty with `required`
    std::string range;     // for the reference: `1s to 1h`; empty if any
    std::string doc;
    bool required = false;
    bool reloadable = false;  // takes effect on SIGHUP
    bool secret = false;
    std::shared_ptr<Target> target;
    std::vector<std::function<std::string()>> checks;
};

struct Flags {
    bool required = false;
    bool reloadable = false;
};

// The target keeps its value from before as the default. Targets must outlive the Schema's last use.
Key key(std::string path, std::string& target, std::string doc, Flags flags = {});
Key key(std::string path, Secret& target, std::string doc, Flags flags = {});
Key key(std::string path, bool& target, std::string doc, Flags flags = {});
Key key(std::string path, int& target, int min, int max, std::string doc, Flags flags = {});
Key key(std::string path, std::int64_t& target, std::int64_t min, std::int64_t max, std::string doc, Flags flags = {});
Key key(std::string path, milliseconds& target, milliseconds min, milliseconds max, std::string doc, Flags flags = {});
Key key(std::string path, std::vector<std::string>& target, std::size_t max_items, std::string doc, Flags flags = {});
// One of a closed set of names.
Key one_of(std::string path, std::string& target, std::vector<std::string> names, std::string doc, Flags flags = {});
// Adds a check to a key: `check` returns what is wrong with the present value, or nothing. It runs once all keys have their new
// values, so it may look at other keys' targets.
Key checked(Key key, std::function<std::string()> check);

// All keys of one configuration struct.
using Keys = std::vector<Key>;

// Reads `file` into the targets; those of keys it does not name get their defaults. `${NAME}` and `${NAME:-default}` (taken if
// unset or empty) in scalars are replaced from the environment before parsing of the value (never of the YAML structure); `$${`
// stands for `${`. Every mistake is reported as `file:line: what`, one a line: unknown and duplicate keys, wrong types, values
// out of range, missing required keys, undefined variables. Values of secrets and of variables are never repeated in it. On any
// mistake the targets are untouched. A file has at most 1 MiB.
Status load(const std::string& file, const Keys& keys);
// As `load`, from text; `name` stands for the file.
Status load_text(std::string_view text, const std::string& name, const Keys& keys);

// Which keys' values in the file differ from those the process had.
struct Reloaded {
    std::vector<std::string> changed;       // reloadable: the targets have the new values
    std::vector<std::string> need_restart;  // not reloadable: the targets keep the old ones
};
// As `load`, for a process that is running: only the targets of reloadable keys that differ are written.
Result<Reloaded> reload(const std::string& file, const Keys& keys);
Result<Reloaded> reload_text(std::string_view text, const std::string& name, const Keys& keys);

// The effective configuration as commented YAML, secrets masked.
std::string print(const Keys& keys);

// A Markdown table of the keys, for docs/config.md.
std::string reference(const Keys& keys);

}  // namespace sonde::config
