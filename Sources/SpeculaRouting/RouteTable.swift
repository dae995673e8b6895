/// The routes of one entry point, sorted by priority. Replaced by the routing room.
package struct RouteTable: Sendable {
}
