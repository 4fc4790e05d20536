// What files say of a resource, field by field: a field is a value that is no object, named by its JSON pointer, or one that makes sense as a whole alone. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/json/json.h"

namespace sonde::controlplane::apply_api {

using Fields = std::map<std::string, Json>;  // by pointer

// An object without members is no field: it says nothing.
Fields fields_of(const Json& document);

// Takes a field out, and the objects that hold nothing else.
void remove_field(Json& document, const std::string& pointer);

// As a JSON merge patch, but that another `type` of an `auth` makes another object of it, in which nothing of the old one is left.
void merge(Json& document, const Json& patch);

struct Change {
    std::string field;
    Json before;  // null: it was not there
    Json after;   // null: it is gone, or has its default
    bool by_hand = false;  // the files say what they said the last time: somebody else changed it
};

// Every field in which the two differ, by pointer.
std::vector<Change> differences(const Json& before, const Json& after);

// `value` of the field as it may be told: passwords and keys are `***`, and credentials in URLs are hidden.
Json masked(std::string_view field, const Json& value);

}  // namespace sonde::controlplane::apply_api
