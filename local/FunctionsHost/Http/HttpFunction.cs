using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Workers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace IoTBackend.FunctionsHost.Http;

/// <summary>
/// One HTTP function as an endpoint's request delegate. The worker is told of the invocation over its stream and gets the request
/// itself by HTTP, both at once; it brings them together by the invocation's id.
/// </summary>
internal sealed class HttpFunction(Function function, WorkerSupervisor workers, IHttpForwarder forwarder, HttpMessageInvoker client, OperatorKey? key, ILogger logger)
{
    private static readonly TypedData Empty = new() { Http = new() };

    private static readonly ForwarderRequestConfig Forwarding = new()
    {
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // As Azure's host; its load balancer gives up after 230 s.
        ActivityTimeout = TimeSpan.FromSeconds(240),
    };

    private readonly bool answersHead = function.Methods.Any(method => method.Equals("HEAD", StringComparison.OrdinalIgnoreCase));

    public static bool NeedsKey(Function function) => !"anonymous".Equals(function["authLevel"] ?? "function", StringComparison.OrdinalIgnoreCase);

    public async Task HandleAsync(HttpContext http)
    {
        if (key is not null && !key.Admits(http.Request))
            await Problem.WriteAsync(http, StatusCodes.Status401Unauthorized);
        else if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { } limit && http.Request.ContentLength > limit.MaxRequestBodySize)
            await RefuseTooLargeAsync(http, limit);
        else if (workers.Current is { Http: { } address } worker)
            await ForwardAsync(http, worker, address);
        else
            await ComeAgainAsync(http);
    }

    /// <summary>
    /// A caller that sends first and listens later hears nothing when it is hung up on: so what it sends is taken and thrown away, for the five seconds
    /// that the server gives a body that nobody reads.
    /// </summary>
    private static Task RefuseTooLargeAsync(HttpContext http, IHttpMaxRequestBodySizeFeature limit)
    {
        limit.MaxRequestBodySize = null;
        return Problem.WriteAsync(http, StatusCodes.Status413PayloadTooLarge);
    }

    private async Task ForwardAsync(HttpContext http, Worker worker, Uri address)
    {
        var request = Request(http);
        var running = worker.Connection.InvokeAsync(request, http.RequestAborted);
        var asGet = HttpMethods.IsHead(http.Request.Method) && !answersHead;
        var error = await forwarder.SendAsync(http, address.OriginalString, client, Forwarding, new InvocationTransformer(request.InvocationId, running, asGet));
        if (error != ForwarderError.None)
        {
            // The worker would wait for a request that does not come.
            worker.Connection.Cancel(request.InvocationId);
            await RefuseAsync(http);
        }
        try
        {
            await running;
        }
        catch (FunctionFailedException failure)
        {
            HostLog.InvocationFailed(logger, function.Name, failure);
        }
        catch (Exception gone) when (gone is WorkerGoneException or OperationCanceledException)
        {
            // The caller has heard of it, or has gone.
        }
    }

    /// <summary>Says what the forwarder found, where there is still somebody to tell.</summary>
    private static Task RefuseAsync(HttpContext http)
    {
        if (http.Response.HasStarted || http.RequestAborted.IsCancellationRequested)
            return Task.CompletedTask;
        var status = http.Response.StatusCode;
        http.Response.Clear();
        return http.Features.Get<IForwarderErrorFeature>()?.Exception switch
        {
            BadHttpRequestException bad => Problem.WriteAsync(http, bad.StatusCode),
            // The worker has just gone: nobody took the request.
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => ComeAgainAsync(http),
            _ => Problem.WriteAsync(http, status),
        };
    }

    private static Task ComeAgainAsync(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "1";
        return Problem.WriteAsync(http, StatusCodes.Status503ServiceUnavailable);
    }

    private InvocationRequest Request(HttpContext http)
    {
        var request = new InvocationRequest { InvocationId = Guid.NewGuid().ToString(), FunctionId = function.Id, TraceContext = new() };
        request.InputData.Add(new ParameterBinding { Name = function.TriggerName, Data = Empty });
        if (http.Request.QueryString.HasValue)
            foreach (var (name, value) in http.Request.Query)
                request.TriggerMetadata[name] = new() { String = value.ToString() };
        foreach (var (name, value) in http.Request.RouteValues)
            if (value is string text)
                request.TriggerMetadata[name] = new() { String = text };
        if (http.Request.Headers.TraceParent is [{ } parent])
            request.TraceContext.TraceParent = parent;
        if (http.Request.Headers.TraceState is [{ } state])
            request.TraceContext.TraceState = state;
        return request;
    }
}
