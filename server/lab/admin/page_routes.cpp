#include <fmt/format.h>

#include <algorithm>

#include "server/lab/admin/routes.h"
#include "server/lab/page/page.h"

namespace closelab::lab {
namespace {

/// Whether the client asks for a page, as browsers do and curl does not.
bool wants_page(const Request& request) {
  return request.field("Accept").value_or("").find("text/html") != std::string_view::npos;
}

/// Where a page that came from this host reaches the lab's port: as the server says it, and at the host by which the
/// reader knows this machine.
std::vector<std::string> lab_origins(const Server& lab, const Request& request) {
  const std::string_view host = request.field("Host").value_or("");
  const bool is_ipv6 = host.starts_with('[');
  const std::string_view name = host.substr(0, host.find(':', is_ipv6 ? host.find(']') : 0));
  std::string own = lab.url();
  own.pop_back();
  std::string here = fmt::format("http://{}:{}", name, lab.port());
  return here == own ? std::vector{own} : std::vector{own, here};
}

Response page_reply(const Server& lab, const Request& request, const EmbeddedFile& file) {
  Response response = text_reply(std::string(file.content), content_type_of(file.name));
  response.headers.push_back({"Content-Security-Policy", page_policy(lab_origins(lab, request))});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  return response;
}

}  // namespace

std::vector<AdminRoute> page_routes(const Server& lab, std::function<std::string()> list) {
  const std::vector<EmbeddedFile>& files = page_files();
  const EmbeddedFile& index = *std::ranges::find(files, "index.html", &EmbeddedFile::name);
  std::vector<AdminRoute> routes{
      {"GET", "/", {}, "this list; for a browser, the live page", [&lab, &index, list](const Call& call) {
         Response response = wants_page(call.request()) ? page_reply(lab, call.request(), index) : text_reply(list());
         response.headers.push_back({"Vary", "Accept"});
         return response;
       }}};
  for (const EmbeddedFile& file : files)
    routes.push_back({"GET", fmt::format("/page/{}", file.name), {}, "", [&lab, &file](const Call& call) {
                        return page_reply(lab, call.request(), file);
                      }});
  return routes;
}

}  // namespace closelab::lab
