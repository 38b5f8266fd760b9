using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Local.Tests.FunctionsRuntime;

public sealed class HttpTests : IAsyncLifetime
{
    private TestHost host = null!;

    public async ValueTask InitializeAsync() => host = await TestHost.StartAsync([typeof(Sample)], builder =>
    {
        builder.Services.AddScoped<Scoped>();
        builder.UseMiddleware<Stamp>();
    });

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData("api/devices/d-1/echo?count=3", "d-1 3 null 00000000-0000-0000-0000-000000000000")]
    [InlineData("api/devices/d%2F1/echo?count=-1&since=9000000000&id=7f9c24e8-3b12-4c1a-9e6f-1d2c3b4a5f60", "d%2F1 -1 9000000000 7f9c24e8-3b12-4c1a-9e6f-1d2c3b4a5f60")]
    [InlineData("API/DEVICES/d-1/ECHO?count=0", "d-1 0 null 00000000-0000-0000-0000-000000000000")]
    public async Task Parameters_come_from_the_route_and_the_query(string path, string expected) =>
        Assert.Equal(expected, await host.Http.GetStringAsync(path));

    [Theory]
    [InlineData("api/devices/d-1/echo?count=many")]
    [InlineData("api/devices/d-1/echo?count=99999999999")]
    [InlineData("api/devices/d-1/echo")]
    [InlineData("api/devices/d-1/echo?count=1&id=nope")]
    public async Task A_parameter_that_does_not_parse_is_a_bad_request(string path) => await IsProblemAsync(await host.Http.GetAsync(path), 400);

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

    [Theory]
    [InlineData("AzureWebJobs.Plain.Disabled=true", HttpStatusCode.NotFound)]
    [InlineData("AzureWebJobs:Plain:Disabled=True", HttpStatusCode.NotFound)]
    [InlineData("AzureWebJobs:Plain:Disabled=false", HttpStatusCode.OK)]
    [InlineData("AzureWebJobs:Another:Disabled=true", HttpStatusCode.OK)]
    public async Task A_setting_switches_a_single_function_off(string setting, HttpStatusCode status)
    {
        await using var other = await TestHost.StartAsync([typeof(Sample)], builder =>
        {
            builder.Services.AddScoped<Scoped>();
            builder.UseMiddleware<Stamp>();
        }, setting);
        Assert.Equal(status, (await other.Http.GetAsync("api/Plain")).StatusCode);
    }

    [Fact]
    public async Task A_wrong_method_is_a_problem_405_that_names_the_right_ones()
    {
        var response = await host.Http.DeleteAsync("api/devices/d-1/echo");
        await IsProblemAsync(response, 405);
        Assert.Equal(["GET", "POST"], response.Content.Headers.Allow.Order());
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

    [Fact]
    public async Task An_unhandled_exception_is_a_500_that_says_nothing_of_it()
    {
        var response = await host.Http.GetAsync("api/broken");
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
    public async Task A_body_is_read_as_sent_and_an_oversized_one_refused()
    {
        var echoed = await host.Http.PostAsync("api/body", new ByteArrayContent(Encoding.UTF8.GetBytes("héllo")));
        Assert.Equal("6", await echoed.Content.ReadAsStringAsync());
        using var large = new HttpRequestMessage(HttpMethod.Post, "api/body") { Content = new ByteArrayContent(new byte[5 * 1024 * 1024]) };
        large.Headers.ExpectContinue = true;
        await IsProblemAsync(await host.Http.SendAsync(large), 413);
    }

    [Fact]
    public void A_key_matches_itself_and_nothing_else()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var key = IoTBackend.Local.FunctionsHost.Http.OperatorKey.Open(folder, null);
        var stored = File.ReadAllText(Path.Combine(folder, "operator.key")).Trim();
        Assert.Equal(64, stored.Length);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "operator.key")));
        Assert.True(key.Matches(stored));
        Assert.True(IoTBackend.Local.FunctionsHost.Http.OperatorKey.Open(folder, null).Matches(stored));
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
        var opened = IoTBackend.Local.FunctionsHost.Http.OperatorKey.Open(folder, null);
        Assert.True(opened.Matches(key ?? File.ReadAllText(file).Trim()));
        Assert.False(opened.Matches(""));
        Assert.True(IoTBackend.Local.FunctionsHost.Http.OperatorKey.Open(folder, "preset").Matches("preset"));
        Assert.Equal("preset", File.ReadAllText(file).Trim());
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS=http://0.0.0.0:0")]
    [InlineData("ASPNETCORE_URLS=https://127.0.0.1:0")]
    [InlineData("Functions:Port=70000")]
    public async Task Only_loopback_addresses_are_listened_on(string setting)
    {
        string[] settings = setting.StartsWith("ASPNET", StringComparison.Ordinal) ? ["Functions:Port=", setting] : [setting];
        await Assert.ThrowsAsync<InvalidOperationException>(() => TestHost.StartAsync([typeof(Sample)], null, settings));
    }

    [Fact]
    public async Task Running_requests_are_finished_before_the_host_stops()
    {
        await using var stopping = await TestHost.StartAsync([typeof(Slow)], builder => builder.Services.AddSingleton<Gate>());
        var gate = stopping.Services.GetRequiredService<Gate>();
        var reply = stopping.Http.GetStringAsync("api/Slow");
        await gate.Entered.Task;
        var stop = stopping.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => UntilRefusedAsync(stopping.Http.BaseAddress!));
        Assert.False(stop.IsCompleted);
        gate.Leave.SetResult();
        Assert.Equal("done", await reply);
        await stop;
    }

    private static async Task UntilRefusedAsync(Uri address)
    {
        for (var i = 0; i < 100; i++, await Task.Delay(20))
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

    internal sealed class Scoped
    {
        public Guid Id { get; } = Guid.NewGuid();
    }

    internal sealed class Gate
    {
        public TaskCompletionSource Entered { get; } = new();

        public TaskCompletionSource Leave { get; } = new();
    }

    private sealed class Stamp : IFunctionsWorkerMiddleware
    {
        public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            context.GetHttpContext()!.Response.Headers["Function"] = context.FunctionDefinition.Name;
            await next(context);
            if (context.FunctionDefinition.Name == "Replaced")
                context.GetInvocationResult().Value = Results.Conflict();
        }
    }

    private sealed class Slow(Gate gate)
    {
        [Function("Slow")]
        public async Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request)
        {
            gate.Entered.SetResult();
            await gate.Leave.Task;
            return Results.Text("done");
        }
    }

    private sealed class Sample(Scoped scoped)
    {
        [Function("Echo")]
        public IResult Echo(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "devices/{deviceId}/echo")] HttpRequest request,
            string deviceId, int count, long? since, Guid? id) =>
            Results.Text($"{deviceId} {count} {since?.ToString() ?? "null"} {id ?? Guid.Empty}");

        [Function("Files")]
        public Task<IResult> FilesAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "files/{*path}")] HttpRequest request, string path) =>
            Task.FromResult(Results.Text(path));

        [Function("Number")]
        public async ValueTask<IResult> NumberAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "number/{n:int}")] HttpRequest request, int n)
        {
            await Task.Yield();
            return Results.Text($"{n}");
        }

        [Function("Plain")]
        public static IResult Plain([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request, FunctionContext context) =>
            Results.Text(context.FunctionDefinition.Name);

        [Function("Guarded")]
        public IResult Guarded([HttpTrigger(AuthorizationLevel.Function, "get", Route = "guarded")] HttpRequest request) => Results.Ok();

        [Function("Administered")]
        public IResult Administered([HttpTrigger(AuthorizationLevel.Admin, "get", Route = "administered")] HttpRequest request) => Results.Ok();

        [Function("Broken")]
        public IResult Broken([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "broken")] HttpRequest request)
        {
            request.HttpContext.Response.Headers["Half-Done"] = "yes";
            throw new InvalidOperationException("secret");
        }

        [Function("Action")]
        public ValueTask<IActionResult> ActionAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "action")] HttpRequest request) =>
            ValueTask.FromResult<IActionResult>(new StatusCodeResult(202));

        [Function("Object")]
        public Task<IActionResult> ObjectAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "object")] HttpRequest request) =>
            Task.FromResult<IActionResult>(new OkObjectResult(new { value = 42 }));

        [Function("Replaced")]
        public IResult Replaced([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "replaced")] HttpRequest request) => Results.Ok();

        [Function("Scoped")]
        public IResult InScope([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "scoped")] HttpRequest request, FunctionContext context) =>
            Results.Text($"{scoped.Id == context.InstanceServices.GetRequiredService<Scoped>().Id} {scoped.Id}");

        [Function("Body")]
        public async Task<IResult> BodyAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "body")] HttpRequest request, CancellationToken cancellationToken)
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, cancellationToken);
            return Results.Text($"{body.Length}");
        }
    }
}
