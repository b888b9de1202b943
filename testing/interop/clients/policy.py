"""A `Secure` cookie of localhost is kept as one without `Secure`: for development."""

from http.cookiejar import DefaultCookiePolicy, request_host


class Development(DefaultCookiePolicy):
    def set_ok(self, cookie, request):
        if request_host(request) == "localhost":
            cookie.secure = False
        return super().set_ok(cookie, request)
