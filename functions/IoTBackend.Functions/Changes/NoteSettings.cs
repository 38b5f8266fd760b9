using System.Reflection;
using IoTBackend.Core.Changes;
using IoTBackend.Functions.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace IoTBackend.Functions.Changes;

/// <summary>What an operator has changed, other pages show within seconds: channels, routes, mutes, registries, tracks, comments.</summary>
internal sealed class NoteSettings(IChangeNotes notes) : IFunctionsWorkerMiddleware
{
    private static readonly HashSet<string> Operators =
        [.. RequestGuard.FunctionMethods().Where(f => f.Method.GetParameters().Any(p => p.GetCustomAttribute<HttpTriggerAttribute>()?.AuthLevel == AuthorizationLevel.Function)).Select(f => f.Name)];

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        await next(context);
        if (context.GetHttpContext() is { } http && Changes(http) && Operators.Contains(context.FunctionDefinition.Name))
            await notes.NoteAsync(ChangeKinds.Settings, context.CancellationToken);
    }

    private static bool Changes(HttpContext http) =>
        (HttpMethods.IsPut(http.Request.Method) || HttpMethods.IsPost(http.Request.Method) || HttpMethods.IsDelete(http.Request.Method))
        && http.Response.StatusCode is >= 200 and < 300;
}
