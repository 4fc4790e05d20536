// A message on its way to a mail server.
#pragma once

#include <atomic>

#include "notifier/send/transfer.h"

namespace sonde::notifier {

// Blocks until the server has answered, `options.mail_timeout` has passed, or about a second after `stop` was set. Encrypted as the request's `security` says and never less. A
// recipient that is refused does not keep the message from the others. Throws std::runtime_error if libcurl lacks what is needed.
MailReply send_mail(const SenderOptions& options, const net::Guard& guard, MailRequest request, const std::atomic<bool>& stop);

}  // namespace sonde::notifier
