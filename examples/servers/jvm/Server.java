import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

/** Answers every request with 200. */
class Server {
  public static void main(String[] arguments) throws Exception {
    var server = HttpServer.create(new InetSocketAddress(8080), 0);
    server.createContext("/", exchange -> {
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    });
    server.start();
  }
}
