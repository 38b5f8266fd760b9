using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace IoTBackend.Functions.Hosting;

/// <summary>
/// What nothing else has caught: the worker would leave the caller an empty answer of status 200. It is thrown on, since the host has
/// to know of it.
/// </summary>
internal sealed class FailureMiddleware : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.GetHttpContext() is { Response.HasStarted: false } http)
        {
            http.Response.Clear();
            await Problem.Of(StatusCodes.Status500InternalServerError, "The request failed; it is logged.").ExecuteAsync(http);
            throw;
        }
    }
}
