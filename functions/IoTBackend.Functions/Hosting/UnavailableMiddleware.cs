using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Hosting;

/// <summary>
/// A service that is down: callers over HTTP get 503 and are told when to come again; other triggers are redelivered by the host.
/// Others who were always faster: 409.
/// </summary>
internal sealed partial class UnavailableMiddleware(ILogger<UnavailableMiddleware> log) : IFunctionsWorkerMiddleware
{
    private const string RetryAfterSeconds = "5";

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (UnavailableException e) when (context.GetHttpContext() is { Response.HasStarted: false } http)
        {
            LogUnavailable(log, context.FunctionDefinition.Name, e.Service);
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
            await Problem.Of(StatusCodes.Status503ServiceUnavailable, $"The {e.Service} is unavailable; nothing was taken.").ExecuteAsync(http);
        }
        catch (ConflictException e) when (context.GetHttpContext() is { Response.HasStarted: false } http)
        {
            await Problem.Of(StatusCodes.Status409Conflict, $"Others keep changing {e.What}; read it again before you change it.").ExecuteAsync(http);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Function} answered 503: the {Service} is unavailable")]
    private static partial void LogUnavailable(ILogger log, string function, string service);
}
