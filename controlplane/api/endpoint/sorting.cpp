#include "controlplane/api/endpoint/sorting.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::controlplane {
namespace {

constexpr std::string_view kOfInstant = "timestamptz 'epoch' + ?::bigint * interval '1 microsecond'";
constexpr std::int64_t kFirstInstant = -62'167'219'200'000'000;  // of the year 0, in microseconds
constexpr std::int64_t kLastInstant = 253'402'300'799'999'999;  // of the year 9999

std::string names_of(SortKeys keys) {
    std::string names;
    for (const auto& key : keys) names += fmt::format("{}{}", names.empty() ? "" : ", ", key.name);
    return names;
}

std::string_view placeholder(SortKey::Type type) {
    switch (type) {
        case SortKey::Type::whole: return "?::bigint";
        case SortKey::Type::text: return "?::text";
        case SortKey::Type::instant: return kOfInstant;
    }
    return "?";
}

db::Param value_in(const Cursor& cursor, std::size_t place, SortKey::Type type) {
    switch (type) {
        case SortKey::Type::whole: return cursor.whole(place);
        case SortKey::Type::text: return cursor.text(place);
        case SortKey::Type::instant: return std::clamp<std::int64_t>(cursor.whole(place), kFirstInstant, kLastInstant);
    }
    return std::nullopt;
}

}  // namespace

Result<Sorting> Sorting::parse(std::string_view text, SortKeys keys) {
    std::vector<Part> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        auto name = text.substr(at, end - at);
        const bool descending = name.starts_with('-');
        if (descending) name.remove_prefix(1);
        const auto key = std::find_if(keys.begin(), keys.end(), [name](const SortKey& one) { return one.name == name; });
        if (key == keys.end()) return Error{fmt::format("must be some of {}, between commas, each with a hyphen before it for the largest first", names_of(keys))};
        if (std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return part.key == &*key; })) return Error{fmt::format("has {} twice", name)};
        parts.push_back({&*key, descending});
        if (key == keys.begin() && end < text.size()) return Error{fmt::format("has something after {}, of which no two are the same", name)};
        at = end + 1;
    }
    // In the direction of the key before it, so that one index has both.
    if (parts.back().key != &keys.front()) parts.push_back({&keys.front(), parts.back().descending});
    return Sorting(std::move(parts));
}

std::string Sorting::list(std::string_view name) const {
    std::string text(name);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (parts_.size() == 1 && !parts_[0].descending) break;
        text += fmt::format("{}{}{}", i == 0 ? ':' : ',', parts_[i].descending ? "-" : "", parts_[i].key->name);
    }
    return text;
}

std::string Sorting::order() const {
    std::string sql;
    for (const auto& [key, descending] : parts_) sql += fmt::format("{}{}{}", sql.empty() ? "" : ", ", key->sql, descending ? " desc" : "");
    return sql;
}

std::string Sorting::columns() const {
    std::string sql;
    for (const auto& [key, descending] : parts_) {
        sql += sql.empty() ? "" : ", ";
        sql += key->type == SortKey::Type::instant ? fmt::format("(extract(epoch from {}) * 1000000)::bigint", key->sql) : std::string(key->sql);
    }
    return sql;
}

std::vector<Cursor::Value> Sorting::values(const db::Row& row, int first) const {
    std::vector<Cursor::Value> values;
    for (const auto& [key, descending] : parts_) {
        const int column = first + static_cast<int>(values.size());
        if (key->type == SortKey::Type::text) {
            values.emplace_back(std::string(row.text(column)));
        } else {
            values.emplace_back(row.whole(column));
        }
    }
    return values;
}

void Sorting::add_after(Conditions& conditions, const Cursor& cursor) const {
    const bool one_way = std::all_of(parts_.begin(), parts_.end(), [this](const Part& part) { return part.descending == parts_[0].descending; });
    if (one_way) {
        // As one comparison of rows, which is what an index can begin at.
        std::string left;
        std::string right;
        std::vector<db::Param> values;
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            left += fmt::format("{}{}", i == 0 ? "" : ", ", parts_[i].key->sql);
            right += fmt::format("{}{}", i == 0 ? "" : ", ", placeholder(parts_[i].key->type));
            values.push_back(value_in(cursor, i, parts_[i].key->type));
        }
        return conditions.add(fmt::format("({}) {} ({})", left, parts_[0].descending ? '<' : '>', right), values);
    }
    // a > x or a = x and (b < y or b = y and (…)); and what an index can begin at.
    std::string sql;
    std::vector<db::Param> values;
    const auto& first = *parts_[0].key;
    sql += fmt::format("{} {} {} and (", first.sql, parts_[0].descending ? "<=" : ">=", placeholder(first.type));
    values.push_back(value_in(cursor, 0, first.type));
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const auto& [key, descending] = parts_[i];
        sql += fmt::format("{} {} {}", key->sql, descending ? '<' : '>', placeholder(key->type));
        values.push_back(value_in(cursor, i, key->type));
        if (i + 1 == parts_.size()) break;
        sql += fmt::format(" or {} = {} and (", key->sql, placeholder(key->type));
        values.push_back(value_in(cursor, i, key->type));
    }
    sql.append(parts_.size(), ')');
    conditions.add(sql, values);
}

}  // namespace sonde::controlplane
