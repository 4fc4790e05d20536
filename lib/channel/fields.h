// Reading what people set of a channel, by its declaration. Pure.
#pragma once

#include <string>

#include "lib/base/secret.h"
#include "lib/channel/declaration.h"
#include "lib/json/reader.h"

namespace sonde::channel {

// What is wrong with an object of `fields`, each mistake at its pointer, without the values; unknown fields are mistakes. A null stands for a field that
// is not set. `complete`: required fields must be there.
void check_fields(const Json& object, const std::vector<Field>& fields, const std::string& pointer, bool complete, json::Problems& problems);

// What is there without what it goes with. `config` is canonical; of the secrets, the names of those that are set.
void check_together(const Declaration& kind, const Json& config, const std::vector<std::string>& secrets, json::Problems& problems);

// The object without nulls, in the order of the declaration.
Json canonical(const Json& object, const std::vector<Field>& fields);

// With the defaults of what is not set.
Json with_defaults(const Json& object, const std::vector<Field>& fields);

// `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has it.
bool is_signing_key(std::string_view text);
Secret new_signing_key();

// The kind as GET /v1/channel-kinds shows it.
Json describe(const Declaration& declaration);

}  // namespace sonde::channel
