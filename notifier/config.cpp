#include "notifier/config.h"

#include "lib/net/guard.h"
#include "lib/net/url.h"

namespace sonde::notifier {
namespace {

using namespace std::chrono_literals;

// A list of networks that cannot be read is refused with the file, at the key's line.
config::Key networks(std::string path, std::vector<std::string>& target, std::string doc) {
    return config::checked(config::key(std::move(path), target, 1000, std::move(doc), {.reloadable = true}),
                           [&target]() -> std::string {
                               const auto guard = net::make_guard(target, {});
                               return guard ? std::string() : guard.error().message;
                           });
}

}  // namespace

config::Keys keys_of(NotifierConfig& config) {
    config::Keys keys;
    service::add_common_keys(keys, config.common);
    service::add_database_keys(keys, config.database);
    keys.push_back(config::key("secrets.key_file", config.key_file,
                               "The key that the secrets of channels and monitors are sealed with; the control plane's file.", {.required = true}));
    keys.push_back(config::checked(config::key("links.base_url", config.base_url,
                                               "Where people find Sonde, like `https://sonde.example`: messages then have a link to what they are about."),
                                   [&config]() -> std::string {
                                       if (config.base_url.empty()) return {};
                                       if (config.base_url.ends_with('/')) return "must not end with a slash";
                                       const auto url = net::parse_url(config.base_url);
                                       return url ? std::string() : url.error().message;
                                   }));
    keys.push_back(config::key("links.acknowledge_for", config.acknowledge_for, 0ms, 30 * 24h,
                               "How long after its event a message's link is good for by which whoever has it acknowledges the incident, once. 0: messages have none."));
    keys.push_back(networks("guard.allow", config.guard_allow,
                            "Networks that receivers may be in although they are not globally reachable."));
    keys.push_back(
        networks("guard.deny", config.guard_deny, "Networks that receivers may not be in, whatever guard.allow says."));
    keys.push_back(config::key("delivery.ca_file", config.ca_file,
                               "Certificate authorities (PEM) that receivers are verified against, instead of the system's."));
    keys.push_back(
        config::key("delivery.timeout", config.timeout, 100ms, 60s, "For all of an attempt, name resolution included; with a mail server for the connection alone."));
    keys.push_back(config::key("delivery.mail_timeout", config.mail_timeout, 1s, 600s,
                               "For all of an attempt with a mail server: many think for long before they accept a message."));
    keys.push_back(config::key("delivery.max_in_flight", config.max_in_flight, 1, 10'000, "Attempts under way at once."));
    keys.push_back(config::key("delivery.max_per_channel", config.max_per_channel, 1, 1'000,
                               "Of those, to one channel: so much a receiver that hangs can hold of them."));
    keys.push_back(config::key("delivery.give_up_after", config.give_up_after, 1s, 30 * 24h,
                               "Since planning; a delivery then makes its last attempt."));
    keys.push_back(config::checked(
        config::key(
            "delivery.lease", config.lease, 1s, 600s,
            "How long after the death of a notifier another one waits before it attempts again what the dead one was sending."),
        [&config]() -> std::string {
            return config.lease >= 2 * config.timeout ? "" : "must be at least twice delivery.timeout";
        }));
    keys.push_back(
        config::key("delivery.drain", config.drain, 0ms, 60s, "How long a stop waits for the answers to what was sent."));
    keys.push_back(networks("subscribers.guard_allow", config.subscriber_guard_allow,
                            "Networks in which webhooks of status pages' subscribers may be although they are not globally reachable: those are strangers, for whom guard.allow does not count."));
    keys.push_back(config::key("subscribers.max_mails", config.subscriber_mails, 1, 1'000, "Mails to status pages' subscribers under way at once."));
    keys.push_back(config::key("subscribers.mails_per_second", config.subscriber_mails_per_second, 1, 10'000,
                               "Mails to them that this process begins in any second, of all pages: questions whether somebody subscribed first, then news, of each page in turn. "
                               "What a mail server takes without refusing."));
    keys.push_back(config::key("subscribers.max_webhooks", config.subscriber_webhooks, 1, 1'000, "Requests to their webhooks under way at once."));
    keys.push_back(config::checked(config::key("deadman.url", config.deadman_url,
                                               "Asked by GET for as long as pages get through; whoever runs it tells when it is not asked any more. Empty: nobody is."),
                                   [&config]() -> std::string {
                                       if (config.deadman_url.empty()) return {};
                                       const auto url = net::parse_url(config.deadman_url.reveal());
                                       return url ? std::string() : url.error().message;
                                   }));
    keys.push_back(config::key("deadman.every", config.deadman_every, 1s, 1h, "How often."));
    return keys;
}

}  // namespace sonde::notifier
