#pragma once

#include <optional>
#include <span>
#include <string>

#include "closelab/message.h"
#include "server/lab/admin/reply.h"

namespace closelab::lab {

/// Whether a request is refused because it may come from another site's page in this machine's browser. Pure.
///
/// - Host is an IP literal, `localhost` or one of `names`, else 421: a name that an attacker points at 127.0.0.1 (DNS
///   rebinding) is neither, and the browser says it here.
/// - Origin, when there is one, is this server's, and Sec-Fetch-Site is not another's, else 403: a page may send
///   requests to any address, but can not choose what these fields say. A link to `/` may be followed from anywhere:
///   it shows the live page, which no other page may frame or read.
/// - POST and PUT have the content type application/json, else 415: no form and no script can send that to another
///   site without asking first (OPTIONS), which is answered 405.
std::optional<Refusal> guard(const RequestMessage& request, std::span<const std::string> names = {});

}  // namespace closelab::lab
