// DNS records as blackbox_exporter's regular expressions see them.
#pragma once

#include <string>

#include "lib/check/dns/record.h"

namespace sonde::agent::blackbox {

// `example.com.<tab>300<tab>IN<tab>MX<tab>10 mail.example.com.`: names end in a dot, texts are in quotes. The strings of a TXT record, which we
// have as one, are one.
std::string record_text(const check::DnsRecord& record);

}  // namespace sonde::agent::blackbox
