using Functions.Tests.Http;
using IoTBackend.Functions.Console;

namespace Functions.Tests.Console;

public sealed class ConsoleResourceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("console-");
    private readonly Api _api;

    public ConsoleResourceTests()
    {
        Write("index.html", "<!doctype html>");
        Write("assets/app-1a2b.js", "run()");
        Write("assets/app-1a2b.js.br", "br");
        Write("assets/app-1a2b.js.gz", "gz");
        _api = new(new ConsoleFiles(_folder.FullName));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_page_is_asked_for_each_time_and_its_hashed_files_never_again()
    {
        var (page, file) = (await _api.SendAsync("GET", "/"), await _api.SendAsync("GET", "/assets/app-1a2b.js"));
        Assert.Equal(("<!doctype html>", "no-cache"), (page.Text, page.Headers.CacheControl.ToString()));
        Assert.Equal(("run()", "public, max-age=31536000, immutable"), (file.Text, file.Headers.CacheControl.ToString()));
        Assert.Equal(("text/javascript; charset=utf-8", "nosniff"), (file.Headers.ContentType.ToString(), file.Headers.XContentTypeOptions.ToString()));
    }

    [Fact]
    public async Task What_a_caller_has_already_is_not_sent_again()
    {
        var tag = (await _api.SendAsync("GET", "/")).Headers.ETag.ToString();
        Assert.Equal((304, ""), (await _api.SendAsync("GET", "/", null, ("If-None-Match", $"\"other\", W/{tag}"))) is var again ? (again.Status, again.Text) : default);
        Assert.Equal(200, (await _api.SendAsync("GET", "/", null, ("If-None-Match", "\"other\""))).Status);
    }

    [Theory]
    [InlineData("gzip, deflate, br", "br", "br")]
    [InlineData("gzip", "gzip", "gz")]
    [InlineData("br;q=0, gzip;q=0.5", "gzip", "gz")]
    [InlineData("identity", "", "run()")]
    [InlineData("", "", "run()")]
    public async Task A_caller_gets_the_smallest_form_it_takes(string accepts, string coding, string body)
    {
        var answer = await _api.SendAsync("GET", "/assets/app-1a2b.js", null, ("Accept-Encoding", accepts));
        Assert.Equal((coding, body, "Accept-Encoding"), (answer.Headers.ContentEncoding.ToString(), answer.Text, answer.Headers.Vary.ToString()));
    }

    [Fact]
    public async Task Nothing_from_elsewhere_and_nothing_inline_runs_on_the_page()
    {
        var policy = (await _api.SendAsync("GET", "/")).Headers.ContentSecurityPolicy.ToString();
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/assets/other.js")]
    [InlineData("/assets/index.html")]
    [InlineData("/assets/app-1a2b.js.br")]
    public async Task What_is_not_a_file_of_the_console_is_not_found(string path) => Assert.Equal(404, (await _api.SendAsync("GET", path)).Status);

    [Fact]
    public async Task A_build_without_a_console_says_so() =>
        Assert.Contains("no console", (await new Api(new ConsoleFiles(Path.Combine(_folder.FullName, "missing"))).SendAsync("GET", "/")).Detail, StringComparison.Ordinal);

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
