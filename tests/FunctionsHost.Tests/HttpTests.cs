using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using IoTBackend.FunctionsHost;
using IoTBackend.FunctionsHost.Http;

namespace FunctionsHost.Tests;

/// <summary>One host with the hello app for all tests that only ask it something.</summary>
public sealed class HelloHost : IAsyncLifetime
{
    internal TestHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await TestHost.StartAsync([]);

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

public sealed class HttpTests(HelloHost hello) : IClassFixture<HelloHost>
{
    private readonly TestHost host = hello.Host;

    [Theory]
    [InlineData("api/devices/d-1/echo?count=3", "d-1 3 null 00000000-0000-0000-0000-000000000000")]
    [InlineData("api/devices/d%2F1/echo?count=-1&since=9000000000&id=7f9c24e8-3b12-4c1a-9e6f-1d2c3b4a5f60", "d%2F1 -1 9000000000 7f9c24e8-3b12-4c1a-9e6f-1d2c3b4a5f60")]
    [InlineData("API/DEVICES/d-1/ECHO?count=0", "d-1 0 null 00000000-0000-0000-0000-000000000000")]
    public async Task Parameters_come_from_the_route_and_the_query(string path, string expected) =>
        Assert.Equal(expected, await host.Http.GetStringAsync(path));

    /// <summary>So does the worker; a function that would rather tell its caller takes a string.</summary>
    [Theory]
    [InlineData("api/devices/d-1/echo?count=many")]
    [InlineData("api/devices/d-1/echo?count=99999999999")]
    [InlineData("api/devices/d-1/echo")]
    [InlineData("api/devices/d-1/echo?count=1&id=nope")]
    public async Task A_parameter_that_does_not_parse_fails_the_invocation(string path) => await IsProblemAsync(await host.Http.GetAsync(path), 500);

    [Theory]
    [InlineData("api/files/a/b/c.txt", "a/b/c.txt")]
    [InlineData("api/number/7", "7")]
    [InlineData("api/Plain", "Plain")]
    public async Task Templates_may_have_constraints_a_catch_all_or_be_the_functions_name(string path, string expected) =>
        Assert.Equal(expected, await host.Http.GetStringAsync(path));

    [Theory]
    [InlineData("api/number/seven")]
    [InlineData("api/nothing")]
    [InlineData("")]
    public async Task An_unknown_path_is_a_problem_404(string path) => await IsProblemAsync(await host.Http.GetAsync(path), 404);

    [Fact]
    public async Task A_setting_switches_a_single_function_off()
    {
        await using var other = await TestHost.StartAsync([], "AzureWebJobs.Plain.Disabled=true", "AzureWebJobs__Object__Disabled=True", "AzureWebJobs.Action.Disabled=false");
        Assert.Equal(HttpStatusCode.NotFound, (await other.Http.GetAsync("api/Plain")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await other.Http.GetAsync("api/object")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await other.Http.GetAsync("api/action")).StatusCode);
    }

    [Fact]
    public async Task A_wrong_method_is_a_problem_405_that_names_the_right_ones()
    {
        var response = await host.Http.DeleteAsync("api/devices/d-1/echo");
        await IsProblemAsync(response, 405);
        Assert.Equal(["GET", "HEAD", "POST"], response.Content.Headers.Allow.Order());
    }

    [Theory]
    [InlineData("api/guarded", null, 401)]
    [InlineData("api/guarded", "wrong", 401)]
    [InlineData("api/guarded", "", 401)]
    [InlineData("api/guarded", TestHost.Key + "x", 401)]
    [InlineData("api/guarded", TestHost.Key, 200)]
    [InlineData("api/administered", null, 401)]
    [InlineData("api/administered", TestHost.Key, 200)]
    [InlineData("api/guarded?code=" + TestHost.Key, null, 200)]
    [InlineData("api/guarded?code=wrong", null, 401)]
    public async Task A_guarded_function_wants_the_key(string path, string? key, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
            request.Headers.Add("x-functions-key", key);
        var response = await host.Http.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 401)
            await IsProblemAsync(response, 401);
    }

    [Theory]
    [InlineData("api/broken")]
    [InlineData("api/broken-later")]
    public async Task An_unhandled_exception_is_a_500_that_says_nothing_of_it(string path)
    {
        var response = await host.Http.GetAsync(path);
        await IsProblemAsync(response, 500);
        Assert.DoesNotContain("secret", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Half-Done"));
    }

    [Fact]
    public async Task Both_kinds_of_result_are_executed()
    {
        Assert.Equal(HttpStatusCode.Accepted, (await host.Http.GetAsync("api/action")).StatusCode);
        Assert.Equal("""{"value":42}""", await host.Http.GetStringAsync("api/object"));
    }

    [Fact]
    public async Task Middleware_wraps_the_call_and_may_replace_its_result()
    {
        var response = await host.Http.GetAsync("api/Plain");
        Assert.Equal("Plain", response.Headers.GetValues("Function").Single());
        Assert.Equal(HttpStatusCode.Conflict, (await host.Http.GetAsync("api/replaced")).StatusCode);
    }

    [Fact]
    public async Task Every_invocation_has_an_instance_and_a_scope_of_its_own()
    {
        var first = await host.Http.GetStringAsync("api/scoped");
        var second = await host.Http.GetStringAsync("api/scoped");
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task A_body_is_read_as_sent()
    {
        var echoed = await host.Http.PostAsync("api/body", new ByteArrayContent(Encoding.UTF8.GetBytes("héllo")));
        Assert.Equal("6", await echoed.Content.ReadAsStringAsync());
        Assert.Equal("20971520", await (await host.Http.PostAsync("api/body", new ByteArrayContent(new byte[20 * 1024 * 1024]))).Content.ReadAsStringAsync());
    }

    /// <summary>By the host, or by the function, which stops reading; whether the caller waits to be asked for its body or not.</summary>
    [Theory]
    [InlineData("body", 26, true, false)]
    [InlineData("body", 26, false, false)]
    [InlineData("body", 64, false, false)]
    [InlineData("body", 26, false, true)]
    [InlineData("refusing", 2, false, false)]
    [InlineData("refusing", 24, true, false)]
    [InlineData("refusing", 24, false, false)]
    [InlineData("refusing", 24, false, true)]
    public async Task Who_sends_too_much_hears_so(string function, int megabytes, bool asksFirst, bool inChunks)
    {
        using var large = new HttpRequestMessage(HttpMethod.Post, $"api/{function}") { Content = new ByteArrayContent(new byte[megabytes * 1024 * 1024]) };
        large.Headers.ExpectContinue = asksFirst;
        large.Headers.TransferEncodingChunked = inChunks;
        await IsProblemAsync(await host.Http.SendAsync(large), 413);
    }

    [Fact]
    public void A_key_matches_itself_and_nothing_else()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var key = OperatorKey.Open(folder, null);
        var stored = File.ReadAllText(Path.Combine(folder, "operator.key")).Trim();
        Assert.Equal(64, stored.Length);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "operator.key")));
        Assert.True(key.Matches(stored));
        Assert.True(OperatorKey.Open(folder, null).Matches(stored));
        for (var i = 0; i < stored.Length; i++)
            Assert.False(key.Matches(stored[..i] + (char)(stored[i] ^ 1) + stored[(i + 1)..]));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("kept", "kept")]
    public void The_key_file_is_kept_filled_or_replaced_by_the_preset(string? content, string? key)
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var file = Path.Combine(folder, "operator.key");
        if (content is not null)
            File.WriteAllText(file, content);
        var opened = OperatorKey.Open(folder, null);
        Assert.True(opened.Matches(key ?? File.ReadAllText(file).Trim()));
        Assert.False(opened.Matches(""));
        Assert.True(OperatorKey.Open(folder, "preset").Matches("preset"));
        Assert.Equal("preset", File.ReadAllText(file).Trim());
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS=http://0.0.0.0:0")]
    [InlineData("ASPNETCORE_URLS=https://127.0.0.1:0")]
    [InlineData("Functions__Port=70000")]
    public async Task Only_loopback_addresses_are_listened_on(string setting)
    {
        string[] settings = setting.StartsWith("ASPNET", StringComparison.Ordinal) ? ["Functions__Port=", setting] : [setting];
        await Assert.ThrowsAsync<HostException>(() => TestHost.StartAsync([], settings));
    }

    [Fact]
    public async Task Running_requests_are_finished_before_the_host_stops()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var (entered, gate) = (Path.Combine(folder, "entered"), Path.Combine(folder, "gate"));
        await using var stopping = await TestHost.StartAsync([]);
        var reply = stopping.Http.GetStringAsync($"api/slow?entered={entered}&gate={gate}");
        await Wait.UntilAsync(() => File.Exists(entered));
        var stop = stopping.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => UntilRefusedAsync(stopping.Http.BaseAddress!));
        Assert.False(stop.IsCompleted);
        await File.WriteAllTextAsync(gate, "");
        Assert.Equal("done", await reply);
        await stop;
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Head_is_answered_as_get_without_its_body()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "api/object");
        using var response = await host.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await host.Http.SendAsync(new(HttpMethod.Head, "api/body"))).StatusCode);
    }

    [Fact]
    public async Task What_a_caller_says_of_invocations_and_hops_is_not_passed_on()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/traced");
        request.Headers.Add("x-ms-invocation-id", "11111111-1111-1111-1111-111111111111");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        var seen = (await (await host.Http.SendAsync(request)).Content.ReadAsStringAsync()).Split(' ');
        Assert.Equal("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", seen[0]);
        Assert.Equal(seen[1], seen[2]);
        Assert.NotEqual("11111111-1111-1111-1111-111111111111", seen[1]);
        Assert.Equal("127.0.0.1", seen[3].Replace("::ffff:", "", StringComparison.Ordinal));
        Assert.Equal(host.Http.BaseAddress!.Authority, seen[4]);
    }

    private static async Task UntilRefusedAsync(Uri address)
    {
        for (var i = 0; i < 3000; i++, await Task.Delay(20))
        {
            using var client = new HttpClient { BaseAddress = address };
            await client.GetAsync("api/none");
        }
    }

    private static async Task IsProblemAsync(HttpResponseMessage response, int status)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(status, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetInt32());
    }
}
