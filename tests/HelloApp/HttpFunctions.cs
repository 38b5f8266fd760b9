using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;

namespace HelloApp;

internal sealed class Scoped
{
    public Guid Id { get; } = Guid.NewGuid();
}

internal sealed class Stamp : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http)
            http.Response.Headers["Function"] = context.FunctionDefinition.Name;
        await next(context);
        if (context.FunctionDefinition.Name == "Replaced")
            context.GetInvocationResult().Value = Results.Conflict();
    }
}

internal sealed class HttpFunctions(Scoped scoped)
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
    public IResult Number([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "number/{n:int}")] HttpRequest request, int n) => Results.Text($"{n}");

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

    [Function("BrokenLater")]
    public async Task<IResult> BrokenLaterAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "broken-later")] HttpRequest request)
    {
        await Task.Yield();
        throw new InvalidOperationException("secret");
    }

    [Function("Action")]
    public Task<IActionResult> ActionAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "action")] HttpRequest request) =>
        Task.FromResult<IActionResult>(new StatusCodeResult(202));

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

    /// <summary>Has had enough after the first part.</summary>
    [Function("Refusing")]
    public async Task<IResult> RefusingAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "refusing")] HttpRequest request, CancellationToken cancellationToken)
    {
        await request.Body.ReadExactlyAsync(new byte[1024 * 1024], cancellationToken);
        return Results.Problem(statusCode: StatusCodes.Status413PayloadTooLarge);
    }

    [Function("Traced")]
    public IResult Traced([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "traced")] HttpRequest request, FunctionContext context) =>
        Results.Text($"{context.TraceContext.TraceParent} {context.InvocationId} {request.Headers["x-ms-invocation-id"]} {request.HttpContext.Connection.RemoteIpAddress} {request.Host}");

    /// <summary>Answers once the file is there.</summary>
    [Function("Slow")]
    public async Task<IResult> SlowAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "slow")] HttpRequest request, string entered, string gate, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(entered, "", cancellationToken);
        while (!File.Exists(gate))
            await Task.Delay(20, cancellationToken);
        return Results.Text("done");
    }

    /// <summary>Heeds no cancellation.</summary>
    [Function("Endless")]
    public async Task<IResult> EndlessAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "endless")] HttpRequest request)
    {
        await Task.Delay(Timeout.Infinite);
        return Results.Ok();
    }

    [Function("Exit")]
    public IResult Exit([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "exit")] HttpRequest request)
    {
        Process.GetCurrentProcess().Kill();
        return Results.Ok();
    }

    [Function("ProcessId")]
    public IResult ProcessId([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "process")] HttpRequest request) => Results.Text($"{Environment.ProcessId}");
}
