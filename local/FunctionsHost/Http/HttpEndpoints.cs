using IoTBackend.FunctionsHost.Functions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace IoTBackend.FunctionsHost.Http;

/// <summary>Routes requests to HTTP functions and answers the rest itself.</summary>
internal static class HttpEndpoints
{
    public static void Map(WebApplication app, IEnumerable<Function> functions, string routePrefix, Func<Function, HttpFunction> create)
    {
        app.UseRouting();
        ((IEndpointRouteBuilder)app).DataSources.Add(new DefaultEndpointDataSource(functions.Select(function => Endpoint(function, routePrefix, create(function).HandleAsync))));
        // In place of the endpoint middleware: one step less per request, and the place for 404 and 405.
        app.Run(http => http.GetEndpoint() switch
        {
            RouteEndpoint { RequestDelegate: { } handle } => handle(http),
            { RequestDelegate: { } reject } => RejectAsync(http, reject),
            _ => Problem.WriteAsync(http, StatusCodes.Status404NotFound),
        });
    }

    private static Endpoint Endpoint(Function function, string routePrefix, RequestDelegate handle)
    {
        var pattern = RoutePatternFactory.Parse($"{routePrefix}/{(function["route"] ?? function.Name).TrimStart('/')}".TrimStart('/'));
        var endpoint = new RouteEndpointBuilder(handle, pattern, order: 0) { DisplayName = function.Name };
        var methods = function.Methods.Select(method => method.ToUpperInvariant()).ToList();
        if (methods.Contains("GET") && !methods.Contains("HEAD"))
            methods.Add("HEAD");
        if (methods.Count > 0)
            endpoint.Metadata.Add(new HttpMethodMetadata(methods));
        return endpoint.Build();
    }

    /// <summary>The router's own endpoint for a known path and a wrong method: it sets the status and <c>Allow</c>; the body is ours.</summary>
    private static async Task RejectAsync(HttpContext http, RequestDelegate reject)
    {
        await reject(http);
        if (!http.Response.HasStarted)
            await Problem.WriteAsync(http, http.Response.StatusCode);
    }
}
