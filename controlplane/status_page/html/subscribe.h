// The pages by which somebody subscribes to a status page and changes his mind. Nothing in them runs, and they load nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/status_page/snapshot.h"
#include "lib/base/enum_name.h"

namespace sonde::status_page::html {

enum class SubscribeView : unsigned char {
    form,
    bad_address,   // the form again
    asked,         // the same whether there will be a message or not
    confirm,       // a button: programs follow links, too
    confirmed,
    unsubscribe,   // a button, likewise
    unsubscribed,
    manage,        // the components
    saved,         // likewise
    no_link,       // it is over, or none of ours
    not_offered,
    limited,
    not_now,       // without the database
};

struct SubscribePage {
    SubscribeView view = SubscribeView::form;
    std::string base{};               // of the status page
    bool email = false;               // what the form offers
    bool webhook = false;
    std::string address{};            // what the form had
    bool is_webhook = false;          // likewise
    std::vector<std::string> chosen{};  // components; empty: all
    std::string manage{};             // where who is confirmed changes it; empty: not shown
    std::string unsubscribe{};        // likewise
};

std::string subscribe(const Snapshot& page, const SubscribePage& shown);
const std::string& subscribe_policy();

}  // namespace sonde::status_page::html

template <>
struct sonde::EnumNames<sonde::status_page::html::SubscribeView> {
    static constexpr std::array<std::string_view, 13> names{"form",   "bad_address", "asked",   "confirm",     "confirmed", "unsubscribe", "unsubscribed",
                                                            "manage", "saved",       "no_link", "not_offered", "limited",   "not_now"};
};
