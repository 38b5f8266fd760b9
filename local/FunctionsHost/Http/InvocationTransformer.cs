using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace IoTBackend.FunctionsHost.Http;

/// <summary>The request on its way to the worker: as it came, with the invocation's id; what the caller says of hops in front of this one is not believed.</summary>
internal sealed class InvocationTransformer(string invocationId, Task invocation, bool asGet) : HttpTransformer
{
    private const string InvocationId = "x-ms-invocation-id";

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        if (asGet)
            proxyRequest.Method = HttpMethod.Get;
        var headers = proxyRequest.Headers;
        Set(InvocationId, invocationId);
        Set("X-Forwarded-For", httpContext.Connection.RemoteIpAddress?.ToString());
        Set("X-Forwarded-Proto", httpContext.Request.Scheme);
        Set("X-Forwarded-Host", httpContext.Request.Host.Value);

        void Set(string name, string? value)
        {
            headers.Remove(name);
            if (value is not null)
                headers.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>
    /// A function that threw leaves an empty answer, from this worker one of status 200, while its failure comes by the other way: so the
    /// outcome is awaited where there is no body anyhow, and a failure answered like every other error of the host.
    /// </summary>
    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse?.Content.Headers.ContentLength != 0 || !await HasFailedAsync())
            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        await Problem.WriteAsync(httpContext, StatusCodes.Status500InternalServerError);
        return false;
    }

    private async Task<bool> HasFailedAsync()
    {
        await invocation.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return invocation.IsFaulted;
    }
}
