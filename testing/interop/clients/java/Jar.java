// java.net.http with java.net.CookieManager: java Jar.java ORIGIN [setting]

import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.UUID;

class Jar {
    public static void main(String[] arguments) throws Exception {
        System.out.println(Runtime.version());
        var jar = new CookieManager();
        if (List.of(arguments).contains("setting")) {
            jar.setCookiePolicy((address, cookie) -> {
                if (address.getScheme().equals("http")) cookie.setSecure(false);
                return CookiePolicy.ACCEPT_ORIGINAL_SERVER.shouldAccept(address, cookie);
            });
        }
        var client = HttpClient.newBuilder().cookieHandler(jar).build();
        var account = """
            {"email":"%s@example.com","password":"velvet otter under glass","name":"Ada"}""".formatted(UUID.randomUUID());
        for (var call : List.of("register", "refresh", "refresh", "logout", "refresh")) {
            var request = HttpRequest.newBuilder(URI.create(arguments[0] + "/api/auth/" + call))
                .header("Idempotency-Key", UUID.randomUUID().toString());
            if (call.equals("register")) {
                request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(account));
            } else {
                request.POST(BodyPublishers.noBody());
            }
            var answer = client.send(request.build(), BodyHandlers.ofString());
            System.out.println(answer.statusCode() + " " + answer.body());
        }
    }
}
