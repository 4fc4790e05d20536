// A value, or the reason there is none. Stands in for std::expected, which the oldest supported compiler lacks.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace sonde {

// What was being done, to what, and why it failed, for people. Code that must branch uses a closed enum instead.
struct Error {
    std::string message;
};

template <class Value, class Failure = Error>
class [[nodiscard]] Result {
public:
    Result(Value value) : state_(std::in_place_index<0>, std::move(value)) {}        // NOLINT: as std::expected
    Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT: as std::unexpected

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // Undefined unless ok(): ask first.
    Value& operator*() & { return *std::get_if<0>(&state_); }
    const Value& operator*() const& { return *std::get_if<0>(&state_); }
    Value&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
    Value* operator->() { return std::get_if<0>(&state_); }
    const Value* operator->() const { return std::get_if<0>(&state_); }

    // Undefined if ok().
    [[nodiscard]] const Failure& error() const { return *std::get_if<1>(&state_); }

private:
    std::variant<Value, Failure> state_;
};

struct Done {};

// The outcome of something done for its effect.
using Status = Result<Done>;

}  // namespace sonde
