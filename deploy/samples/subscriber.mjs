// Prints how many bays are free: node subscriber.mjs mqtt://USER:PASSWORD@HOST:PORT TOPIC (npm install mqtt)
import mqtt from "mqtt";

const [broker, topic] = process.argv.slice(2);
const bays = new Map();
const client = mqtt.connect(broker, { protocolVersion: 5 });

client.on("connect", () => client.subscribe(topic, { qos: 1 }));
client.on("error", (error) => console.error(error.message));
client.on("message", (_topic, payload) => {
  const entity = JSON.parse(payload.toString() || "{}");
  if (entity.type !== "ParkingSpot") return;
  bays.set(entity.id, entity.status.value);
  const free = [...bays.values()].filter((status) => status === "free").length;
  console.log(`${free} of ${bays.size} bays free`);
});
