// closelab audit --driver: Java's java.net.http.HttpClient.
import java.net.URI;
import java.net.http.*;
import java.time.Duration;
import java.util.*;

class JavaHttpClient {
  static final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).followRedirects(HttpClient.Redirect.NORMAL).build();
  static final Map<String, String> METHODS = Map.of("GET", "GET", "HEAD", "HEAD", "POST", "POST", "PUT", "PUT", "DELETE", "DELETE", "GETF", "GET", "UP", "POST");

  static String play(String word, String url, int number) throws Exception {
    if (word.equals("VERSION")) return "ok HttpClient of Java " + Runtime.version();
    if (!METHODS.containsKey(word)) return "na";
    var body = word.equals("UP") ? HttpRequest.BodyPublishers.ofByteArray(new byte[number]) : word.startsWith("P") ? HttpRequest.BodyPublishers.ofString("ping") : HttpRequest.BodyPublishers.noBody();
    var response = client.send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(8)).method(METHODS.get(word), body).build(), HttpResponse.BodyHandlers.ofByteArray());
    return "ok " + response.statusCode() + " " + response.body().length;
  }

  public static void main(String[] arguments) {
    for (var input = new Scanner(System.in); input.hasNextLine();) {
      var words = (input.nextLine() + " - 0").split(" ");
      try { System.out.println(words[0] + " " + play(words[1], words[2], words.length > 5 ? Integer.parseInt(words[3]) : 0)); } catch (Exception error) { System.out.println(words[0] + " err " + error.toString().replace('\n', ' ')); }
    }
  }
}
