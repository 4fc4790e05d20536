// Subscribers in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/status_page/subscribe/address.h"
#include "lib/base/status_page_id.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"

namespace sonde::status_page::subscribe {

inline constexpr int kMostPending = 1'000;      // of a page
inline constexpr int kMostSubscribers = 50'000;  // likewise, pending ones among them
inline constexpr int kMostQuestions = 3;        // to one address in a day
inline constexpr std::chrono::minutes kBetweenQuestions{10};

// How one may subscribe to a page.
struct Offer {
    StatusPageId page;
    bool email = false;
    bool webhook = false;
};

struct Subscriber {
    SubscriberId id;
    StatusPageId page;
    Kind kind = Kind::email;
    std::string address;  // empty if no key opens it any more
    std::vector<std::string> components;  // empty: all
    std::string language;
    bool confirmed = false;
    TimePoint created_at;
    std::optional<TimePoint> confirmed_at;
};

struct Wish {
    Kind kind = Kind::email;
    std::string address;  // as `read_address` has it
    std::vector<std::string> components;
    std::string language;
};

namespace store {

std::optional<Offer> offer(db::Tx& tx, std::string_view slug);

// Has the address asked whether it wants this, unless it was asked too often or there are as many subscribers as may be: whoever wishes is told the same, so nothing comes back. Of a confirmed
// e-mail subscriber nothing changes; he is sent what he can change it by.
void ask(db::Tx& tx, const crypto::SecretBox& box, StatusPageId page, const Wish& wish);

// Of this page; nothing if there is none.
std::optional<Subscriber> find(db::Tx& tx, const crypto::SecretBox& box, StatusPageId page, SubscriberId id);
void confirm(db::Tx& tx, SubscriberId id);
void choose(db::Tx& tx, SubscriberId id, const std::vector<std::string>& components);
// He is gone, with all that names him.
void erase(db::Tx& tx, SubscriberId id);
// The same by a person, who is audited for it: of the address there is no more than `masked`.
void erase_audited(db::Tx& tx, const Subscriber& subscriber);

// After `after` in the order of their identifiers; `at_most` of them.
std::vector<Subscriber> list(db::Tx& tx, const crypto::SecretBox& box, StatusPageId page, SubscriberId after, int at_most);

}  // namespace store
}  // namespace sonde::status_page::subscribe
