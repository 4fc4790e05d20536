#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

#include "cli/command.h"
#include "cli/database_option.h"
#include "cli/failure.h"
#include "cli/secrets/reseal.h"
#include "cli/up/layout.h"
#include "lib/crypto/key_file.h"

namespace sonde::cli {
namespace {

namespace key_file = crypto::key_file;

// Until every process has seen what is in the file now (crypto::SecretBox).
constexpr std::chrono::seconds kSeen{3};

struct SecretsArguments {
    DatabaseOption database;
    std::string key_file;
};

std::string key_file_of(const SecretsArguments& arguments) {
    if (!arguments.key_file.empty()) return arguments.key_file;
    if (arguments.database.data.empty()) throw Failure{"name the key file with --key-file, or a data directory with --data", kUsage};
    return up::existing_layout(arguments.database.data).secret("key").string();
}

template <class Value>
Value or_failure(Result<Value> result) {
    if (!result) throw Failure{result.error().message};
    return std::move(*result);
}

// All rows of `counts`; whether anything is not as it should be is for the caller.
void print(const std::vector<secrets::Count>& counts, const char* older) {
    std::printf("%-24s %10s %10s %10s\n", "PLACE", "NEWEST", older, "UNREADABLE");
    for (const auto& count : counts) {
        std::printf("%-24s %10lld %10lld %10lld\n", std::string(count.place).c_str(), static_cast<long long>(count.newest),
                    static_cast<long long>(count.older), static_cast<long long>(count.unreadable_count));
    }
    for (const auto& count : counts) {
        for (const auto& context : count.unreadable) std::fprintf(stderr, "no key of the file opens %s\n", context.c_str());
    }
}

std::int64_t sum_of(const std::vector<secrets::Count>& counts, std::int64_t secrets::Count::* field) {
    std::int64_t sum = 0;
    for (const auto& count : counts) sum += count.*field;
    return sum;
}

int status(const SecretsArguments& arguments) {
    const auto box = or_failure(crypto::SecretBox::from_key_file(key_file_of(arguments)));
    const auto counts = secrets::count(*open_database(arguments.database)->pool, box);
    print(counts, "OLDER");
    return sum_of(counts, &secrets::Count::unreadable_count) == 0 ? kOk : kFailed;
}

int add_key(const SecretsArguments& arguments) {
    const auto file = key_file_of(arguments);
    auto keys = or_failure(key_file::read(file));
    if (keys.size() == key_file::kMaxKeys) throw Failure{"the file is full; `sonde secrets drop-old` removes what is not needed any more"};
    keys.push_back(key_file::new_key());
    or_failure(key_file::replace(file, keys));
    std::printf("Added a key: it opens, and does not seal yet. Bring the file to all control planes, engines and notifiers.\n");
    return kOk;
}

int use_newest(const SecretsArguments& arguments) {
    const auto file = key_file_of(arguments);
    auto keys = or_failure(key_file::read(file));
    if (keys.size() == 1) throw Failure{"there is one key alone; `sonde secrets add-key` adds another"};
    std::rotate(keys.begin(), keys.end() - 1, keys.end());
    or_failure(key_file::replace(file, keys));
    std::printf("The last key of the file is its first now, and seals. Bring the file to all control planes, engines and notifiers.\n");
    return kOk;
}

int reseal(const SecretsArguments& arguments) {
    const auto box = or_failure(crypto::SecretBox::from_key_file(key_file_of(arguments)));
    const auto counts = secrets::reseal(*open_database(arguments.database)->pool, box);
    print(counts, "RESEALED");
    return sum_of(counts, &secrets::Count::unreadable_count) == 0 ? kOk : kFailed;
}

int drop_old(const SecretsArguments& arguments) {
    const auto file = key_file_of(arguments);
    const auto keys = or_failure(key_file::read(file));
    const auto box = or_failure(crypto::SecretBox::from_key_file(file));
    const auto counts = secrets::count(*open_database(arguments.database)->pool, box);
    const auto older = sum_of(counts, &secrets::Count::older);
    if (older != 0) throw Failure{fmt::format("{} secrets need an older key still; `sonde secrets reseal` seals them anew", older)};
    or_failure(key_file::replace(file, {keys.front()}));
    std::printf("Dropped %zu keys. Bring the file to all control planes, engines and notifiers.\n", keys.size() - 1);
    return kOk;
}

// All of it, where every process reads this file. At any instant the file has every key that something is sealed with.
int rotate(const SecretsArguments& arguments) {
    const auto file = key_file_of(arguments);
    const auto database = open_database(arguments.database);
    auto keys = or_failure(key_file::read(file));
    if (keys.size() == key_file::kMaxKeys) throw Failure{"the file is full; `sonde secrets reseal` and `drop-old` remove what is not needed any more"};
    keys.insert(keys.begin(), key_file::new_key());
    or_failure(key_file::replace(file, keys));
    const auto box = or_failure(crypto::SecretBox::from_key_file(file));
    std::this_thread::sleep_for(kSeen);
    const auto counts = secrets::reseal(*database->pool, box);
    print(counts, "RESEALED");
    if (sum_of(counts, &secrets::Count::unreadable_count) != 0) {
        throw Failure{"some secrets open with no key of the file: set them again, then `sonde secrets drop-old`; all keys were kept"};
    }
    const auto again = secrets::count(*database->pool, box);
    if (sum_of(again, &secrets::Count::older) != 0) throw Failure{"somebody seals with an older key still: a service reads another file; all keys were kept"};
    or_failure(key_file::replace(file, {keys.front()}));
    std::printf("Everything is sealed with a new key, and the file has no other.\n");
    return kOk;
}

}  // namespace

void add_secrets(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("secrets", "Change the key that secrets at rest are sealed with");
    command->require_subcommand(1);
    const auto arguments = std::make_shared<SecretsArguments>();
    const auto add = [&](const char* name, const char* doc, int (*what)(const SecretsArguments&)) {
        auto* sub = command->add_subcommand(name, doc);
        add_database_option(*sub, arguments->database);
        sub->add_option("--key-file", arguments->key_file, "the file with the keys (`secrets.key_file`); with --data, that of the directory");
        sub->callback([&run, arguments, what] { run = [arguments, what] { return what(*arguments); }; });
    };
    add("status", "Count secrets by the key they are sealed with", status);
    add("rotate", "Make a new key, seal everything with it, drop the others; where all services read one file", rotate);
    add("add-key", "Add a new key to the file, which opens and does not seal yet", add_key);
    add("use-newest", "Have the last key of the file seal from now on", use_newest);
    add("reseal", "Seal anew what an older key sealed", reseal);
    add("drop-old", "Remove all keys but the one that seals, if nothing needs them", drop_old);
}

}  // namespace sonde::cli
