using IoTBackend.Local.FunctionsHost.Functions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Local.FunctionsHost.Http;

/// <summary>One HTTP function as an endpoint's request delegate.</summary>
internal sealed class HttpFunction(Function function, Invoker invoker, AppServices app, OperatorKey? key, ILogger logger)
{
    public Task HandleAsync(HttpContext http) =>
        key is null || key.Admits(http.Request) ? InvokeAsync(http) : Problem.WriteAsync(http, StatusCodes.Status401Unauthorized);

    public static bool NeedsKey(Function function) => ((HttpTriggerAttribute)function.Trigger).AuthLevel != AuthorizationLevel.Anonymous;

    private async Task InvokeAsync(HttpContext http)
    {
        try
        {
            var invocation = new Invocation(function, app) { Http = http };
            await invoker.InvokeAsync(invocation);
            if (invocation.Result is IResult result)
                await result.ExecuteAsync(http);
            else if (invocation.Result is IActionResult action)
                await action.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), new()));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
        }
        catch (BadHttpRequestException bad) when (!http.Response.HasStarted)
        {
            await Problem.WriteAsync(http, bad.StatusCode);
        }
        catch (Exception failure)
        {
            HostLog.InvocationFailed(logger, function.Name, failure);
            if (http.Response.HasStarted)
                http.Abort();
            else
            {
                http.Response.Clear();
                await Problem.WriteAsync(http, StatusCodes.Status500InternalServerError);
            }
        }
    }
}
