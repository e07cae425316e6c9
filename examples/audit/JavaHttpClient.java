// closelab audit --driver: Java's java.net.http.HttpClient.
import java.net.URI;
import java.net.http.*;
import java.time.Duration;
import java.util.*;

class JavaHttpClient {
  static final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  static final Map<String, String> METHODS = Map.of("GET", "GET", "HEAD", "HEAD", "POST", "POST", "PUT", "PUT", "DELETE", "DELETE", "UP", "POST");

  static String play(String word, String url, int number) throws Exception {
    var body = word.equals("UP") ? HttpRequest.BodyPublishers.ofByteArray(new byte[number]) : word.startsWith("P") ? HttpRequest.BodyPublishers.ofString("ping") : HttpRequest.BodyPublishers.noBody();
    var request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(8)).method(METHODS.get(word), body).build();
    var response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    return "ok " + response.statusCode() + " " + response.body().length;
  }

  public static void main(String[] arguments) {
    for (var input = new Scanner(System.in); input.hasNextLine();) {
      var words = input.nextLine().split(" ");
      String answer = words[1].equals("VERSION") ? "ok HttpClient of Java " + Runtime.version() : "na";
      try { if (METHODS.containsKey(words[1])) answer = play(words[1], words[2], words.length > 3 ? Integer.parseInt(words[3]) : 0); } catch (Exception error) { answer = "err " + error.toString().replace('\n', ' '); }
      System.out.println(words[0] + " " + answer);
    }
  }
}
