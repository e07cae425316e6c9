// libevent's evhttp: bench_evhttp PORT

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include <cstdint>
#include <cstdlib>

namespace {

void answer(evhttp_request* request, void*) {
  evbuffer_add_reference(evhttp_request_get_output_buffer(request), "Hello, world!", 13, nullptr, nullptr);
  evhttp_send_reply(request, HTTP_OK, "OK", nullptr);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return EXIT_FAILURE;
  event_base* const base = event_base_new();
  evhttp* const http = evhttp_new(base);
  evhttp_set_timeout(http, 600);
  evhttp_set_gencb(http, &answer, nullptr);
  if (evhttp_bind_socket(http, "0.0.0.0", static_cast<std::uint16_t>(std::atoi(arguments[1]))) != 0)
    return EXIT_FAILURE;
  event_base_dispatch(base);
}
