// libmicrohttpd with epoll and one thread: bench_libmicrohttpd PORT

#include <microhttpd.h>
#include <signal.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::string_view body = "Hello, world!";

MHD_Result answer(void*, MHD_Connection* connection, const char*, const char*, const char*, const char*, std::size_t*,
                  void** state) {
  static int seen;
  if (*state == nullptr) {  // the head alone; the answer is wanted at the second call
    *state = &seen;
    return MHD_YES;
  }
  MHD_Response* const response = MHD_create_response_from_buffer(body.size(), const_cast<char*>(body.data()),
                                                                 MHD_RESPMEM_PERSISTENT);  // which does not write to it
  const MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
  MHD_destroy_response(response);
  return result;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return EXIT_FAILURE;
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  MHD_Daemon* const daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, static_cast<std::uint16_t>(std::atoi(arguments[1])), nullptr,
      nullptr, &answer, nullptr, MHD_OPTION_CONNECTION_LIMIT, 16000U, MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096U,
      MHD_OPTION_CONNECTION_TIMEOUT, 600U, MHD_OPTION_END);
  if (daemon == nullptr) return EXIT_FAILURE;
  int signal = 0;
  ::sigwait(&signals, &signal);
  MHD_stop_daemon(daemon);
}
